import { hash } from "node:crypto";
import type { BigIntStats } from "node:fs";
import { contentTypeOf } from "./content-type.ts";
import { isFolderKey } from "./keys.ts";

export interface ObjectInfo {
  /** Bytes. */
  size: number;
  /** Epoch milliseconds. */
  modifiedAt: number;
  /** With its quotes, as it is sent. */
  etag: string;
  contentType: string;
}

/** Undefined if what lies there is not what the key says: a file, or for a key with a slash at its end a folder. */
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

/** In the form of a multipart upload's ETag, which tells clients not to take it for the MD5 of the bytes. */
const etagOf = (inode: bigint, size: bigint, mtimeNs: bigint) =>
  `"${hash("sha256", `${inode}:${size}:${mtimeNs}`).slice(0, 32)}-1"`;
