import type { Buckets } from "../objects/buckets.ts";
import { noSuchBucket, noSuchKey, type S3Error } from "./errors.ts";
import type { Target } from "./target.ts";

/**
 * The error for an object that was not found: NoSuchKey, or NoSuchBucket if there is no such bucket. The
 * bucket is looked up only when an object is missing.
 */
export async function missing(buckets: Pick<Buckets, "exists">, { bucket, key }: Target): Promise<S3Error> {
  return (await buckets.exists(bucket)) ? noSuchKey(key) : noSuchBucket(bucket);
}
