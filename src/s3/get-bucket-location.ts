import type { Buckets } from "../objects/buckets.ts";
import type { Command } from "./command.ts";
import { noSuchBucket } from "./errors.ts";
import { renderXml } from "./render.ts";

export const getBucketLocation =
  ({ buckets, region }: { buckets: Pick<Buckets, "exists">; region: string }): Command =>
  async ({ bucket }) => {
    if (!(await buckets.exists(bucket))) throw noSuchBucket(bucket);
    // In this answer S3's oldest region has an empty name.
    return renderXml("LocationConstraint", region === "us-east-1" ? "" : region);
  };
