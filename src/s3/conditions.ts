import type { IncomingHttpHeaders } from "node:http";
import type { ObjectInfo } from "../objects/object-info.ts";
import { preconditionFailed } from "./errors.ts";

/**
 * True if the object is to be sent, false if the client has it (304); throws PreconditionFailed. Where both an ETag and a date
 * are given, the ETag decides: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
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

/** Whether a Range header counts: with If-Range only while the object is the one that the client has a part of. */
export function isRangeValid(headers: IncomingHttpHeaders, info: ObjectInfo): boolean {
  const ifRange = headers["if-range"];
  if (typeof ifRange !== "string") return true;
  const date = dateOf(ifRange);
  return date === undefined ? namesEtag(ifRange, info.etag) : wholeSeconds(info.modifiedAt) === date;
}

/** Headers have no finer dates, so nothing that is compared with them may. */
export const wholeSeconds = (at: number) => Math.floor(at / 1000) * 1000;

/** One or several, weak or not; S3 also takes them without their quotes. */
function namesEtag(list: string, etag: string): boolean {
  return list.split(",").some((item) => {
    const given = item.trim().replace(/^W\//, "");
    return given === "*" || given === etag || `"${given}"` === etag;
  });
}

/** What is no HTTP date is ignored; Date.parse alone would take almost anything for one. */
function dateOf(header: string | undefined): number | undefined {
  const at = header?.trim().endsWith(" GMT") ? Date.parse(header) : NaN;
  return Number.isNaN(at) ? undefined : at;
}
