import { isBucketName } from "../objects/bucket-name.ts";
import type { Buckets } from "../objects/buckets.ts";
import { maxKeyBytes } from "../objects/keys.ts";
import type { RawResponse, S3Request, S3Service } from "../protocol/types.ts";
import type { Command } from "./command.ts";
import { accessDenied, invalidBucketName, keyTooLong, ofSystem, S3Error } from "./errors.ts";
import { getBucketLocation } from "./get-bucket-location.ts";
import { getObject } from "./get-object.ts";
import { headBucket } from "./head-bucket.ts";
import { headObject } from "./head-object.ts";
import { listBuckets } from "./list-buckets.ts";
import { listObjectsV2 } from "./list-objects-v2.ts";
import { listObjects } from "./list-objects.ts";
import { finish, renderError } from "./render.ts";
import { targetOf, type Target } from "./target.ts";
import { refusalOf, subresourceOf } from "./unsupported.ts";

/**
 * Amazon S3's REST dialect, path-style, over the embedded buckets: what clients need to read results and
 * data.
 *
 * Failure model: every refusal is rendered as S3's XML. An unforeseen error is thrown, and the protocol logs
 * and renders it. The stream of an answer owns a file descriptor, which is closed when the stream ends, fails
 * or is destroyed. If an object shrinks while it is sent, its stream fails and the connection is cut, because
 * the answer's headers have promised the length.
 */
export function s3Service(deps: { buckets: Buckets; region: string }): S3Service {
  const commands = {
    ListBuckets: listBuckets(deps),
    GetBucketLocation: getBucketLocation(deps),
    HeadBucket: headBucket(deps),
    ListObjectsV2: listObjectsV2(deps),
    ListObjects: listObjects(deps),
    GetObject: getObject(deps),
    HeadObject: headObject(deps),
  } satisfies Record<string, Command>;

  /** Each line takes the requests that it knows. What is left at the end is the request for a list. */
  function commandFor({ method, query }: S3Request, target: Target): Command {
    const isGet = method === "GET";
    const isService = target.bucket === "";
    const isBucket = !isService && target.key === "";
    if (isService && isGet) return commands.ListBuckets;
    if (isBucket && isGet && query.has("location")) return commands.GetBucketLocation;
    const isRead = isGet || method === "HEAD";
    if (isService || !isRead || subresourceOf(query) !== undefined) throw refusalOf(method, query, target);
    if (!isBucket) return isGet ? commands.GetObject : commands.HeadObject;
    if (!isGet) return commands.HeadBucket;
    return query.get("list-type") === "2" ? commands.ListObjectsV2 : commands.ListObjects;
  }

  async function answer(request: S3Request): Promise<RawResponse> {
    const { caller } = request;
    if (caller === undefined) throw accessDenied();
    const target = targetOf(request.path);
    if (target.bucket !== "" && !isBucketName(target.bucket)) throw invalidBucketName(target.bucket);
    const keyBytes = Buffer.byteLength(target.key);
    if (keyBytes > maxKeyBytes) throw keyTooLong(keyBytes, maxKeyBytes);
    return commandFor(request, target)({ ...request, ...target, caller });
  }

  return {
    async handle(request) {
      try {
        return finish(await answer(request), request);
      } catch (error) {
        const refusal = error instanceof S3Error ? error : ofSystem(error);
        if (refusal === undefined) throw error;
        return finish(renderError(refusal, request), request);
      }
    },
    refuse: (code, message, status, request) =>
      finish(renderError(new S3Error(status, code, message), request), request),
  };
}
