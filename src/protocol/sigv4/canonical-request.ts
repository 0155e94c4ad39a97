import type { SignedRequest } from "./claim.ts";
import { decodeQuery } from "./query.ts";

/**
 * The canonical form of a request, as AWS describes it:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 *
 * The path is encoded once, as S3 requires. Athena's only path is `/`, which has nothing to encode.
 */
export function canonicalRequest(
  request: SignedRequest,
  signedHeaders: readonly string[],
  payloadHash: string,
): string {
  let headers = "";
  for (const name of signedHeaders) headers += `${name}:${canonicalHeader(request.headers[name])}\n`;
  return `${request.method}\n${canonicalPath(request.path)}\n${canonicalQuery(request.rawQuery)}\n${headers}\n${signedHeaders.join(";")}\n${payloadHash}`;
}

function canonicalHeader(values: string[] | undefined): string {
  if (values === undefined) return "";
  return values.map(collapse).join(",");
}

function collapse(value: string): string {
  return value.includes("  ") || value.includes("\t") ? value.replace(/[ \t]+/g, " ").trim() : value;
}

/** An encoded slash stays encoded, because the SDKs sign it in that form. */
export function canonicalPath(path: string): string {
  if (path === "/") return path;
  try {
    return path
      .split("/")
      .map((segment) => encode(decodeURIComponent(segment)))
      .join("/");
  } catch {
    return path;
  }
}

export function canonicalQuery(rawQuery: string): string {
  if (rawQuery === "") return "";
  return decodeQuery(rawQuery)
    .filter(([name]) => name !== "X-Amz-Signature")
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort((one, other) => compare(one[0], other[0]) || compare(one[1], other[1]))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}

/** Encoded text is ASCII, so comparing UTF-16 units gives the order of the bytes. */
function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

/**
 * Encodes everything but letters, digits and `-._~`, as RFC 3986 says. encodeURIComponent leaves five more
 * characters alone.
 */
function encode(text: string): string {
  const encoded = encodeURIComponent(text);
  return /[!'()*]/.test(encoded)
    ? encoded.replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    : encoded;
}
