import type { ObjectInfo } from "../objects/object-info.ts";
import type { S3Call } from "./command.ts";
import { isRangeValid, isToBeSent, wholeSeconds } from "./conditions.ts";
import { invalidArgument, invalidPart, invalidRequest, noSuchVersion } from "./errors.ts";
import { rangeOf, type ByteRange } from "./range.ts";
import { overridesOf } from "./response-overrides.ts";

export interface ObjectAnswer {
  status: 200 | 206 | 304;
  headers: Record<string, string | number>;
  /** The bytes to send; undefined if there are none. */
  range: ByteRange | undefined;
}

/** Everything of an answer to GetObject and HeadObject except the bytes. */
export function objectAnswer(call: S3Call, info: ObjectInfo): ObjectAnswer {
  const { headers: given, query } = call;
  const headers = { ...objectHeaders(info), ...overridesOf(query) };
  if (!isToBeSent(given, info))
    return { status: 304, headers: { ...headers, "content-length": info.size }, range: undefined };

  const part = isFirstPart(query);
  if (part && given.range !== undefined)
    throw invalidRequest("Cannot specify both Range header and partNumber query parameter");
  const asked = isRangeValid(given, info) ? rangeOf(given.range, info.size) : undefined;
  const all = info.size > 0 ? { start: 0, end: info.size - 1 } : undefined;
  const range = asked ?? all;
  const length = range === undefined ? 0 : range.end - range.start + 1;
  return {
    status: asked !== undefined || part ? 206 : 200,
    headers: {
      ...headers,
      "content-length": length,
      ...(range && (asked || part) ? { "content-range": `bytes ${range.start}-${range.end}/${info.size}` } : {}),
      ...(part ? { "x-amz-mp-parts-count": 1 } : {}),
    },
    range,
  };
}

/**
 * Throws NoSuchVersion if the request asks for a version that cannot exist. Without versioning every object
 * has one version, called "null".
 */
export function checkVersion({ query, key }: S3Call): void {
  const version = query.get("versionId");
  if (version !== null && version !== "null") throw noSuchVersion(key, version);
}

const objectHeaders = ({ etag, modifiedAt, contentType }: ObjectInfo) => ({
  etag,
  "last-modified": new Date(wholeSeconds(modifiedAt)).toUTCString(),
  "accept-ranges": "bytes",
  "content-type": contentType,
  // Objects have the same origin as the service's own pages. The sandbox keeps HTML and SVG objects from
  // scripting those pages.
  "content-security-policy": "sandbox",
  "x-content-type-options": "nosniff",
});

/**
 * Whether the request asks for part 1, which is the whole object: every object has one part. Some SDKs ask
 * for part 1 to learn how many parts there are. Throws InvalidArgument or InvalidPartNumber.
 */
function isFirstPart(query: URLSearchParams): boolean {
  const part = query.get("partNumber");
  if (part === null) return false;
  if (!/^\d{1,5}$/.test(part) || Number(part) < 1 || Number(part) > 10_000)
    throw invalidArgument("Part number must be an integer between 1 and 10000, inclusive", "partNumber", part);
  if (Number(part) > 1) throw invalidPart(part);
  return true;
}
