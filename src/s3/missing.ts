import type { Buckets } from "../objects/buckets.ts";
import { noSuchBucket, noSuchKey, type S3Error } from "./errors.ts";
import type { Target } from "./target.ts";

/** Which of the two is not there. Looked up only when something is missing. */
export async function missing(buckets: Pick<Buckets, "exists">, { bucket, key }: Target): Promise<S3Error> {
  return (await buckets.exists(bucket)) ? noSuchKey(key) : noSuchBucket(bucket);
}
