import { methodNotAllowed, notImplemented, type S3Error } from "./errors.ts";
import type { Target } from "./target.ts";

/** The error for a request that is not served. It names the operation where it can. */
export function refusalOf(method: string, query: URLSearchParams, { bucket, key }: Target): S3Error {
  if (bucket === "") return methodNotAllowed(method, "GET");
  const [article, level] = key === "" ? ["a", "bucket"] : ["an", "object"];
  const operation = operations[`${method} ${level}`];
  if (method !== "GET" && method !== "HEAD" && operation === undefined) return methodNotAllowed(method, "GET, HEAD");
  const subresource = subresourceOf(query);
  if (subresource !== undefined) return notImplemented(`${method} of ${article} ${level}'s "${subresource}"`);
  return notImplemented(operation ?? `${method} of ${article} ${level}`);
}

/**
 * The subresource that a query names, if any. A request for a subresource must not be answered with the
 * object or the list itself.
 */
export function subresourceOf(query: URLSearchParams): string | undefined {
  return subresources.find((name) => query.has(name));
}

const operations: Partial<Record<string, string>> = {
  "PUT bucket": "CreateBucket",
  "DELETE bucket": "DeleteBucket",
  "POST bucket": "POST to a bucket",
  "PUT object": "PutObject",
  "DELETE object": "DeleteObject",
  "POST object": "POST to an object",
};

/**
 * The query parameters that select an operation in botocore's model of S3 (s3/2006-03-01), except those of
 * operations that are served here.
 */
const subresources = (
  "abac accelerate acl analytics annotation attributes cors delete encryption intelligent-tiering " +
  "inventory legal-hold lifecycle logging metadataAnnotationTable metadataConfiguration " +
  "metadataInventoryTable metadataJournalTable metadataTable metrics notification object-lock " +
  "ownershipControls policy policyStatus publicAccessBlock renameObject replication requestPayment " +
  "restore retention select session tagging torrent uploadId uploads versioning versions website"
).split(" ");
