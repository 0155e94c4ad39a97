import type { Buckets } from "../objects/buckets.ts";
import type { Command } from "./command.ts";
import { invalidArgument, noSuchBucket } from "./errors.ts";
import { listContents } from "./list-contents.ts";
import { listParameters } from "./list-parameters.ts";
import { ownerOf } from "./owner.ts";
import { renderXml } from "./render.ts";

/** The first version of the operation that lists objects, which old clients still use. */
export const listObjects =
  ({ buckets }: { buckets: Pick<Buckets, "listObjects" | "exists"> }): Command =>
  async ({ bucket, query, caller, signal }) => {
    const version = query.get("list-type");
    if (version !== null) throw invalidArgument("Invalid List Type specified in Request", "list-type", version);
    const { prefix, delimiter, maxKeys, encoding, encode } = listParameters(query);
    const marker = query.get("marker") ?? "";
    if (!(await buckets.exists(bucket))) throw noSuchBucket(bucket);
    const page = await buckets.listObjects(bucket, {
      prefix,
      ...(delimiter === undefined ? {} : { delimiter }),
      startAfter: marker,
      maxKeys,
      signal,
    });
    return renderXml("ListBucketResult", {
      Name: bucket,
      Prefix: encode(prefix),
      Marker: encode(marker),
      // Without a delimiter S3 sends no NextMarker, and clients go on after the last key.
      NextMarker: page.next !== undefined && delimiter !== undefined ? encode(page.next) : undefined,
      MaxKeys: maxKeys,
      Delimiter: delimiter === undefined ? undefined : encode(delimiter),
      EncodingType: encoding,
      IsTruncated: page.isTruncated,
      ...listContents(page, encode, ownerOf(caller)),
    });
  };
