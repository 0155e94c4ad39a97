import type { Buckets } from "../objects/buckets.ts";
import type { Command } from "./command.ts";
import { continuationToken, readContinuationToken } from "./continuation-token.ts";
import { integerIn } from "./list-parameters.ts";
import { ownerOf } from "./owner.ts";
import { renderXml } from "./render.ts";

export const listBuckets =
  ({ buckets, region }: { buckets: Pick<Buckets, "list">; region: string }): Command =>
  async ({ query, caller }) => {
    const prefix = query.get("prefix") ?? undefined;
    const limit = integerIn(query, "max-buckets", { least: 1, most: 10_000 });
    const after = readContinuationToken(query) ?? "";
    const isHere = (query.get("bucket-region") ?? region) === region;
    const all = (await buckets.list()).filter(({ name }) => isHere && name > after && name.startsWith(prefix ?? ""));
    const page = all.slice(0, limit);
    const last = page.at(-1);
    return renderXml("ListAllMyBucketsResult", {
      Owner: ownerOf(caller),
      Buckets: {
        Bucket: page.map(({ name, createdAt }) => ({
          Name: name,
          CreationDate: new Date(createdAt).toISOString(),
          BucketRegion: region,
        })),
      },
      Prefix: prefix,
      ContinuationToken: last && page.length < all.length ? continuationToken(last.name) : undefined,
    });
  };
