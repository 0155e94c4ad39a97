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
 * The embedded buckets: a bucket is a folder, a key is the file of that path. Spark and the server write files there, and what
 * they write is an object at once; nothing else is kept about it.
 *
 * A symbolic link is no object, and nothing behind one is: not listed, not opened, not given as a path. An empty folder is an
 * object of size 0 whose key ends in a slash; a folder with something in it is none. A key that a tree cannot hold does not
 * exist (see `isHoldable`). Methods that take a bucket's name treat one that breaks S3's rules as a bucket that does not exist,
 * unless they say otherwise. What the operating system refuses (EACCES, EMFILE, …) is thrown as it is.
 */
export interface Buckets {
  /** In order of names. */
  list(): Promise<{ name: string; createdAt: number }[]>;
  /** Makes the bucket if there is none. Throws InvalidBucketName. */
  ensure(name: string): Promise<void>;
  exists(name: string): Promise<boolean>;
  /**
   * Absolute path of the file or folder for an s3:// or s3a:// URI, whether or not it exists. Throws InvalidS3Uri for what is
   * malformed, and for what would lead out of the bucket, also through a symbolic link that is there now.
   */
  pathOf(uri: string): string;
  stat(bucket: string, key: string): Promise<ObjectInfo | undefined>;
  /** The caller streams or closes it. */
  open(bucket: string, key: string): Promise<OpenObject | undefined>;
  /** Of a bucket that does not exist: an empty page. */
  listObjects(bucket: string, query: ListQuery): Promise<ListPage>;
}

/** Makes the folder if it is missing. */
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
        // File systems without a birth time give 0.
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
