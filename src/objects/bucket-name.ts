/** The bucket name breaks S3's rules. The message states the rules. */
export class InvalidBucketName extends Error {
  constructor(name: string) {
    super(`${JSON.stringify(name)} is not a valid bucket name: ${rules}`);
    this.name = "InvalidBucketName";
  }
}

/**
 * Whether the name keeps the rules for S3's general purpose buckets
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html).
 */
export function isBucketName(name: string): boolean {
  return (
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) &&
    !name.includes("..") &&
    !/^\d+\.\d+\.\d+\.\d+$/.test(name) &&
    !/^(xn--|sthree-|amzn-s3-demo-)/.test(name) &&
    !/(-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$/.test(name)
  );
}

const rules =
  "it has 3 to 63 lower-case letters, digits, dots and hyphens, begins and ends with a letter or digit, has no two dots in a row, " +
  "does not look like an IP address, and has none of S3's reserved prefixes and suffixes.";
