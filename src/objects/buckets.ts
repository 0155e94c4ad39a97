import { lstatSync, mkdirSync, realpathSync } from "node:fs";
import { lstat, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { InvalidBucketName, isBucketName } from "./bucket-name.ts";
import { isHoldable, withoutSlash } from "./keys.ts";
import { listObjects, type ListPage, type ListQuery } from "./list-objects.ts";
import type { ObjectInfo } from "./object-info.ts";
import { openObject, type OpenObject } from "./open-object.ts";
import { InvalidS3Uri, parseS3Uri } from "./s3-uri.ts";
import { orAbsent } from "../lib/or-absent.ts";

export { InvalidBucketName } from "./bucket-name.ts";
export { InvalidS3Uri, parseS3Uri } from "./s3-uri.ts";

/**
 * The embedded buckets. A bucket is a folder, and a key is the path of a file in it. When Spark or the server
 * writes a file there, the file is an object at once. Glaux keeps no other data about objects.
 *
 * - A symbolic link is not an object, nor is anything behind it: it is not listed, not opened, and no path
 *   leads through it.
 * - An empty folder is an object of size 0 whose key ends in a slash. A folder with content is not an object.
 * - An object whose key a file tree cannot hold does not exist (see `isHoldable`).
 * - A bucket whose name breaks S3's rules does not exist, unless a method says otherwise.
 * - Errors of the operating system (EACCES, EMFILE, …) are thrown as they are.
 */
export interface Buckets {
  /** In order of names. */
  list(): Promise<{ name: string; createdAt: number }[]>;
  /** Makes the bucket if it does not exist. Throws InvalidBucketName. */
  ensure(name: string): Promise<void>;
  exists(name: string): Promise<boolean>;
  /**
   * The absolute path of the file or folder for an s3:// or s3a:// URI, whether it exists or not. Throws
   * InvalidS3Uri if the URI is malformed, or if its path would lead out of the bucket, for instance through a
   * symbolic link that exists now.
   */
  pathOf(uri: string): string;
  stat(bucket: string, key: string): Promise<ObjectInfo | undefined>;
  /** Opens an object; the caller must stream or close it. Undefined if there is no such object. */
  open(bucket: string, key: string): Promise<OpenObject | undefined>;
  /** Lists objects. For a bucket that does not exist, the page is empty. */
  listObjects(bucket: string, query: ListQuery): Promise<ListPage>;
}

/** Opens the buckets in this folder. Makes the folder if it is missing. */
export function openBuckets(folder: string): Buckets {
  mkdirSync(folder, { recursive: true });
  const root = realpathSync(folder);

  const open = async (bucket: string, key: string) =>
    isBucketName(bucket) ? openObject(join(root, bucket), key) : undefined;

  const folderStats = async (name: string) => {
    const stats = isBucketName(name) ? await orAbsent(lstat(join(root, name))) : undefined;
    return stats?.isDirectory() ? stats : undefined;
  };

  return {
    async list() {
      const names = (await readdir(root)).sort();
      const stats = await Promise.all(names.map(folderStats));
      return names.flatMap((name, i) => {
        const found = stats[i];
        // A file system that does not record birth times reports 0.
        return found ? [{ name, createdAt: Math.floor(found.birthtimeMs || found.ctimeMs) }] : [];
      });
    },

    async ensure(name) {
      if (!isBucketName(name)) throw new InvalidBucketName(name);
      await mkdir(join(root, name), { recursive: true });
      if (!(await folderStats(name)))
        throw new Error(`The bucket ${name} must be a folder, not a link: ${join(root, name)}`);
    },

    exists: async (name) => (await folderStats(name)) !== undefined,

    pathOf(uri) {
      const parts = parseS3Uri(uri);
      if (parts === undefined)
        throw new InvalidS3Uri(uri, "it must be s3://bucket/key with a bucket name that S3 allows");
      const { bucket, key } = parts;
      if (key !== "" && !isHoldable(key)) throw new InvalidS3Uri(uri, "a part of the key cannot be the name of a file");
      const segments = key === "" ? [bucket] : [bucket, ...withoutSlash(key).split("/")];
      refuseLinks(uri, root, segments);
      return join(root, ...segments);
    },

    async stat(bucket, key) {
      const object = await open(bucket, key);
      await object?.close();
      return object?.info;
    },

    open,

    listObjects: async (bucket, query) =>
      isBucketName(bucket)
        ? listObjects(join(root, bucket), query)
        : { objects: [], commonPrefixes: [], isTruncated: false },
  };
}

function refuseLinks(uri: string, root: string, segments: string[]): void {
  let path = root;
  for (const segment of segments) {
    path = join(path, segment);
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats?.isSymbolicLink()) throw new InvalidS3Uri(uri, "it leads through a symbolic link");
    if (!stats?.isDirectory()) return;
  }
}
