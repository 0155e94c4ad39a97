import { isBucketName } from "./bucket-name.ts";

export class InvalidS3Uri extends Error {
  constructor(uri: string, problem: string) {
    super(`${JSON.stringify(uri)} is not a valid S3 location: ${problem}`);
    this.name = "InvalidS3Uri";
  }
}

/**
 * The parts of `s3://bucket/key` or `s3a://bucket/key`. The key may be empty. Nothing is percent-decoded,
 * because neither the AWS CLI nor Hadoop does so. Undefined if the URI has another form, or if the bucket's
 * name breaks S3's rules.
 */
export function parseS3Uri(uri: string): { bucket: string; key: string } | undefined {
  const match = /^s3a?:\/\/([^/]+)(?:\/(.*))?$/s.exec(uri);
  const bucket = match?.[1];
  if (bucket === undefined || !isBucketName(bucket)) return undefined;
  return { bucket, key: match?.[2] ?? "" };
}
