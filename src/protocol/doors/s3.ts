import type { Exchange } from "../exchange.ts";
import { BodyTooLarge } from "../request-body.ts";
import type { Verification } from "../sigv4/checks.ts";
import { SignatureRefused } from "../sigv4/failure.ts";
import { s3Refusal, type S3Refusal } from "../sigv4/s3-refusals.ts";
import type { HttpServerDeps } from "../types.ts";
import type { Door } from "./door.ts";
import { methodLabel } from "./method-label.ts";
import { s3Authentication } from "./s3-authentication.ts";

/** S3's own limit for what one request uploads, in bytes. */
export const s3BodyLimitBytes = 5 * 1024 ** 3;

/**
 * The door of S3. It does not know buckets: whether a bucket exists, and what may be done with it, is decided
 * by the S3 service.
 */
export function s3Door({ s3, ...verification }: Verification & Pick<HttpServerDeps, "s3">): Door {
  const authenticate = s3Authentication(verification);
  const refused = ({ code, message, status }: S3Refusal, exchange: Exchange) => ({
    answer: s3.refuse(code, message, status, exchange),
  });
  return {
    api: "s3",
    requestIdHeader: "x-amz-request-id",
    bodyLimitBytes: s3BodyLimitBytes,
    isFor: () => true,
    operationOf: methodLabel,
    async answer(exchange) {
      const { request, method, path, rawQuery, requestId, signal, body } = exchange;
      if (!isDecodable(path)) throw new S3Refused(invalidUri);
      const { caller, payload } = authenticate(exchange);
      return s3.handle({
        method,
        path,
        query: new URLSearchParams(rawQuery),
        headers: request.headers,
        body: payload.decode(body.stream()),
        caller,
        requestId,
        signal,
      });
    },
    refusal(error, exchange) {
      const refusal = refusalOf(error);
      return refusal && refused(refusal, exchange);
    },
    failure: (exchange) => refused(internalError, exchange),
  };
}

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}

class S3Refused extends Error {
  readonly refusal: S3Refusal;

  constructor(refusal: S3Refusal) {
    super(refusal.code);
    this.refusal = refusal;
  }
}

function refusalOf(error: unknown): S3Refusal | undefined {
  if (error instanceof S3Refused) return error.refusal;
  if (error instanceof SignatureRefused) return s3Refusal(error.failure);
  if (error instanceof BodyTooLarge) return entityTooLarge(error.limitBytes);
  return undefined;
}

const invalidUri: S3Refusal = { code: "InvalidURI", message: "Couldn't parse the specified URI.", status: 400 };

const internalError: S3Refusal = {
  code: "InternalError",
  message: "We encountered an internal error. Please try again.",
  status: 500,
};

const entityTooLarge = (limitBytes: number): S3Refusal => ({
  code: "EntityTooLarge",
  message: `Your request's body is larger than the limit of ${String(limitBytes)} bytes.`,
  status: 400,
});
