/**
 * S3's limit on the length of a key: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
 */
export const maxKeyBytes = 1024;
const maxSegmentBytes = 255;

/**
 * Whether a tree of folders can hold the key: no segment is empty, `.` or `..`, or longer than a file's name
 * may be. A key that ends in a slash is a folder. The path of such a key never leads out of its bucket,
 * except through a symbolic link.
 */
export function isHoldable(key: string): boolean {
  if (!key.isWellFormed() || key.includes("\0") || Buffer.byteLength(key) > maxKeyBytes) return false;
  return withoutSlash(key)
    .split("/")
    .every((segment) => segment !== "" && segment !== "." && segment !== ".." && isShort(segment));
}

export const isFolderKey = (key: string) => key.endsWith("/");

export const withoutSlash = (key: string) => (isFolderKey(key) ? key.slice(0, -1) : key);

/**
 * Whether lists leave out a file or folder of this name, so that a table's folder looks the same during and
 * after a write. Hidden are the folders that Hadoop and Spark use for work in progress, and the checksum
 * files of Hadoop's local file system. `_SUCCESS`, `_metadata` and the like are listed, as on S3. A client
 * that knows the key of a hidden object can still read it.
 */
export function isHidden(segment: string, isFolder: boolean): boolean {
  return isFolder
    ? segment === "_temporary" || segment.startsWith(".spark-staging-") || segment.startsWith(".hive-staging_")
    : /^\..+\.crc$/s.test(segment);
}

const isShort = (segment: string) => Buffer.byteLength(segment) <= maxSegmentBytes;
