import type { Exchange } from "./exchange.ts";
import { BodyTooLarge } from "./request-body.ts";
import { checkClaim, checkSignature, type Expectation } from "./sigv4/checks.ts";
import { refuse, SignatureRefused } from "./sigv4/failure.ts";
import { s3Refusal, type S3Refusal } from "./sigv4/s3-refusals.ts";
import type { Caller, HttpServerDeps, RawResponse, S3Request } from "./types.ts";

export const s3BodyLimitBytes = 1024 * 1024;

type S3Deps = Pick<HttpServerDeps, "region" | "findKey" | "now" | "s3">;

/** The steps of an S3 request. What may be done with a bucket, and whether it exists, is the S3 service's. */
export async function answerS3(exchange: Exchange, deps: S3Deps): Promise<RawResponse> {
  const { s3 } = deps;
  const request = s3Request(exchange);
  try {
    if (!isDecodable(exchange.path)) throw new S3Refused(invalidUri);
    request.caller = await authenticate(exchange, deps);
  } catch (error) {
    const { code, message, status } = refusalOf(error);
    return s3.refuse(code, message, status, request);
  }
  return s3.handle(request);
}

export function s3InternalError(exchange: Exchange, s3: S3Deps["s3"]): RawResponse {
  return s3.refuse("InternalError", "We encountered an internal error. Please try again.", 500, s3Request(exchange));
}

function s3Request({ request, path, rawQuery, requestId, signal }: Exchange): S3Request {
  return {
    method: request.method ?? "",
    path,
    query: new URLSearchParams(rawQuery),
    headers: request.headers,
    caller: undefined,
    requestId,
    signal,
  };
}

class S3Refused extends Error {
  readonly refusal: S3Refusal;

  constructor(refusal: S3Refusal) {
    super(refusal.code);
    this.refusal = refusal;
  }
}

const invalidUri: S3Refusal = { code: "InvalidURI", message: "Couldn't parse the specified URI.", status: 400 };
const entityTooLarge: S3Refusal = {
  code: "EntityTooLarge",
  message: `Your request's body is larger than the limit of ${String(s3BodyLimitBytes)} bytes.`,
  status: 400,
};

function refusalOf(error: unknown): S3Refusal {
  if (error instanceof S3Refused) return error.refusal;
  if (error instanceof SignatureRefused) return s3Refusal(error.failure);
  if (error instanceof BodyTooLarge) return entityTooLarge;
  throw error;
}

const skewMs = 15 * 60_000;

async function authenticate(exchange: Exchange, { region, findKey, now }: S3Deps): Promise<Caller> {
  const expected: Expectation = { region, service: "s3", skewMs, findKey, now };
  const plausible = checkClaim(exchange, expected);
  const { sha256 } = await exchange.body.read();
  checkSignature(exchange, plausible, signedPayload(exchange, plausible.claim.form, sha256));
  return { accessKeyId: plausible.key.accessKeyId, principalArn: plausible.key.principalArn };
}

/** A presigned URL is made before there is a body, so it covers none unless it says so. */
function signedPayload({ headers }: Exchange, form: "header" | "query", sha256: string): string {
  const given = headers["x-amz-content-sha256"]?.[0];
  if (given === undefined) return form === "query" ? "UNSIGNED-PAYLOAD" : refuse({ kind: "payload-hash-missing" });
  if (given === "UNSIGNED-PAYLOAD") return given;
  if (!/^[0-9a-f]{64}$/.test(given)) return refuse({ kind: "payload-hash-unsupported" });
  return given === sha256 ? given : refuse({ kind: "payload-hash-wrong" });
}

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
