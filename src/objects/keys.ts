/** S3's limit: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html */
export const maxKeyBytes = 1024;
const maxSegmentBytes = 255;

/**
 * Whether a tree of folders can hold the key: no empty segment, `.` or `..`, none that a file system cannot name. A key that
 * ends in a slash is a folder. Nothing that passes can lead out of its bucket, except through a symbolic link.
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
 * What lists leave out, so that a table's folder looks the same during and after a write: Hadoop's and Spark's folders for
 * work in progress, and the checksum files of Hadoop's local file system. `_SUCCESS`, `_metadata` and the like are listed, as
 * on S3. Whoever knows the name of a hidden object can still read it.
 */
export function isHidden(segment: string, isFolder: boolean): boolean {
  return isFolder
    ? segment === "_temporary" || segment.startsWith(".spark-staging-") || segment.startsWith(".hive-staging_")
    : /^\..+\.crc$/s.test(segment);
}

const isShort = (segment: string) => Buffer.byteLength(segment) <= maxSegmentBytes;
