import type { IncomingHttpHeaders } from "node:http";
import type { ObjectInfo } from "../objects/object-info.ts";
import { preconditionFailed } from "./errors.ts";

/**
 * True if the object is to be sent, false if the client has it already (304). Throws PreconditionFailed.
 * Where both an ETag and a date are given, the ETag decides:
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 */
export function isToBeSent(headers: IncomingHttpHeaders, info: ObjectInfo): boolean {
  const ifMatch = headers["if-match"];
  const unmodifiedSince = dateOf(headers["if-unmodified-since"]);
  if (ifMatch !== undefined) {
    if (!namesEtag(ifMatch, info.etag)) throw preconditionFailed("If-Match");
  } else if (unmodifiedSince !== undefined && wholeSeconds(info.modifiedAt) > unmodifiedSince) {
    throw preconditionFailed("If-Unmodified-Since");
  }
  const ifNoneMatch = headers["if-none-match"];
  if (ifNoneMatch !== undefined) return !namesEtag(ifNoneMatch, info.etag);
  const modifiedSince = dateOf(headers["if-modified-since"]);
  return modifiedSince === undefined || wholeSeconds(info.modifiedAt) > modifiedSince;
}

/**
 * Whether a Range header counts. With If-Range it counts only while the object is still the one of which the
 * client has a part.
 */
export function isRangeValid(headers: IncomingHttpHeaders, info: ObjectInfo): boolean {
  const ifRange = headers["if-range"];
  if (typeof ifRange !== "string") return true;
  const date = dateOf(ifRange);
  return date === undefined ? namesEtag(ifRange, info.etag) : wholeSeconds(info.modifiedAt) === date;
}

/**
 * Rounds epoch milliseconds down to whole seconds. Dates in headers are no finer, so a time that is compared
 * with them must not be finer either.
 */
export const wholeSeconds = (at: number) => Math.floor(at / 1000) * 1000;

/**
 * Whether the header's list names the ETag. The list has one item or several, weak or not. S3 also takes
 * ETags without their quotes.
 */
function namesEtag(list: string, etag: string): boolean {
  return list.split(",").some((item) => {
    const given = item.trim().replace(/^W\//, "");
    return given === "*" || given === etag || `"${given}"` === etag;
  });
}

/**
 * The header's date in epoch milliseconds. A header that is not an HTTP date is ignored; Date.parse alone
 * would take almost any text for a date.
 */
function dateOf(header: string | undefined): number | undefined {
  const at = header?.trim().endsWith(" GMT") ? Date.parse(header) : NaN;
  return Number.isNaN(at) ? undefined : at;
}
