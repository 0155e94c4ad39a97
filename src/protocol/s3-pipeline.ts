import type { Authenticate, Exchange } from "./exchange.ts";
import { BodyTooLarge } from "./request-body.ts";
import { signatureChecks } from "./sigv4/checks.ts";
import { refuse, SignatureRefused } from "./sigv4/failure.ts";
import { s3Refusal, type S3Refusal } from "./sigv4/s3-refusals.ts";
import type { HttpServerDeps, RawResponse, S3Request, S3Service } from "./types.ts";

export const s3BodyLimitBytes = 1024 * 1024;

/** The steps of an S3 request. What may be done with a bucket, and whether it exists, is the S3 service's. */
export async function answerS3(exchange: Exchange, authenticate: Authenticate, s3: S3Service): Promise<RawResponse> {
  const request = s3Request(exchange);
  try {
    if (!isDecodable(exchange.path)) throw new S3Refused(invalidUri);
    request.caller = await authenticate(exchange);
  } catch (error) {
    const { code, message, status } = refusalOf(error);
    return s3.refuse(code, message, status, request);
  }
  return s3.handle(request);
}

export function s3InternalError(exchange: Exchange, s3: S3Service): RawResponse {
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

/** For requests that are signed for service `s3`. */
export function s3Authentication({
  region,
  findKey,
  now,
}: Pick<HttpServerDeps, "region" | "findKey" | "now">): Authenticate {
  const checks = signatureChecks({ region, service: "s3", skewMs, findKey, now });
  return async (exchange) => {
    const plausible = checks.checkClaim(exchange);
    const { sha256 } = await exchange.body.read();
    checks.checkSignature(exchange, plausible, signedPayload(exchange, plausible.claim.form, sha256));
    return { accessKeyId: plausible.key.accessKeyId, principalArn: plausible.key.principalArn };
  };
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
