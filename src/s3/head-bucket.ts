import type { Buckets } from "../objects/buckets.ts";
import type { Command } from "./command.ts";
import { noSuchBucket } from "./errors.ts";

export const headBucket =
  ({ buckets, region }: { buckets: Pick<Buckets, "exists">; region: string }): Command =>
  async ({ bucket }) => {
    if (!(await buckets.exists(bucket))) throw noSuchBucket(bucket);
    return {
      status: 200,
      headers: { "content-type": "application/xml", "content-length": 0, "x-amz-bucket-region": region },
      body: undefined,
    };
  };
