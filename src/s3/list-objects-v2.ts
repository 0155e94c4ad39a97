import type { Buckets } from "../objects/buckets.ts";
import type { Command } from "./command.ts";
import { continuationToken, readContinuationToken } from "./continuation-token.ts";
import { noSuchBucket } from "./errors.ts";
import { listContents } from "./list-contents.ts";
import { listParameters } from "./list-parameters.ts";
import { ownerOf } from "./owner.ts";
import { renderXml } from "./render.ts";

export const listObjectsV2 =
  ({ buckets }: { buckets: Pick<Buckets, "listObjects" | "exists"> }): Command =>
  async ({ bucket, query, caller, signal }) => {
    const { prefix, delimiter, maxKeys, encoding, encode } = listParameters(query);
    const startAfter = query.get("start-after") ?? "";
    const resumeAfter = readContinuationToken(query);
    if (!(await buckets.exists(bucket))) throw noSuchBucket(bucket);
    const page = await buckets.listObjects(bucket, {
      prefix,
      ...(delimiter === undefined ? {} : { delimiter }),
      startAfter: resumeAfter ?? startAfter,
      maxKeys,
      signal,
    });
    const owner = query.get("fetch-owner") === "true" ? ownerOf(caller) : undefined;
    return renderXml("ListBucketResult", {
      Name: bucket,
      Prefix: encode(prefix),
      StartAfter: startAfter === "" ? undefined : encode(startAfter),
      ContinuationToken: query.get("continuation-token") ?? undefined,
      NextContinuationToken: page.next === undefined ? undefined : continuationToken(page.next),
      KeyCount: page.objects.length + page.commonPrefixes.length,
      MaxKeys: maxKeys,
      Delimiter: delimiter === undefined ? undefined : encode(delimiter),
      EncodingType: encoding,
      IsTruncated: page.isTruncated,
      ...listContents(page, encode, owner),
    });
  };
