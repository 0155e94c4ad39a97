import { hash } from "node:crypto";
import type { BigIntStats } from "node:fs";
import { contentTypeOf } from "./content-type.ts";
import { isFolderKey } from "./keys.ts";

export interface ObjectInfo {
  /** In bytes. */
  size: number;
  /** In epoch milliseconds. */
  modifiedAt: number;
  /** In quotes, as in the header. */
  etag: string;
  contentType: string;
}

/**
 * Undefined if the file system has something else there than the key demands: a folder for a key that ends in
 * a slash, a file for any other key.
 */
export function infoOf(key: string, stats: BigIntStats): ObjectInfo | undefined {
  if (isFolderKey(key) ? !stats.isDirectory() : !stats.isFile()) return undefined;
  const size = isFolderKey(key) ? 0n : stats.size;
  return {
    size: Number(size),
    modifiedAt: Number(stats.mtimeNs / 1_000_000n),
    etag: etagOf(stats.ino, size, stats.mtimeNs),
    contentType: contentTypeOf(key),
  };
}

/**
 * An ETag in the form of a multipart upload's. The form tells clients that the ETag is not the MD5 of the
 * content.
 */
const etagOf = (inode: bigint, size: bigint, mtimeNs: bigint) =>
  `"${hash("sha256", `${inode}:${size}:${mtimeNs}`).slice(0, 32)}-1"`;
