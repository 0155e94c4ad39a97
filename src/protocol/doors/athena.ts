import type { Authenticate } from "../exchange.ts";
import { findOperation } from "../model.ts";
import type { Verification } from "../sigv4/checks.ts";
import type { SignedRequest } from "../sigv4/claim.ts";
import type { HttpServerDeps } from "../types.ts";
import type { Door } from "./door.ts";
import { jsonAuthentication } from "./json-authentication.ts";
import { jsonDoor } from "./json.ts";

/**
 * Fits the largest legal request: a notebook of 10,485,760 characters, each written as `\uXXXX`, and the JSON
 * around the notebook.
 */
export const athenaBodyLimitBytes = 10_485_760 * 6 + 1024 * 1024;

export function athenaDoor(
  { operations, isWithinRate }: Pick<HttpServerDeps, "operations" | "isWithinRate">,
  authenticate: Authenticate,
): Door {
  return jsonDoor({
    api: "athena",
    targetPrefix: "AmazonAthena.",
    bodyLimitBytes: athenaBodyLimitBytes,
    isFor,
    findOperation,
    operations,
    isWithinRate,
    authenticate,
  });
}

/** Authenticates requests that are signed for service `athena`. */
export function athenaAuthentication({ region, findKey, now }: Verification): Authenticate {
  return jsonAuthentication({ region, service: "athena", findKey, now });
}

/** A request whose only mark is the content type of AWS JSON is taken for Athena's. */
function isFor({ path, rawQuery, headers }: SignedRequest): boolean {
  return (
    path === "/" &&
    (headers["x-amz-target"] !== undefined ||
      headers["content-type"]?.[0]?.startsWith("application/x-amz-json-1.1") === true ||
      headers.authorization?.[0]?.includes("/athena/aws4_request") === true ||
      /[?&]X-Amz-Credential=[^&]*(?:\/|%2F)athena(?:\/|%2F)/i.test(`?${rawQuery}`))
  );
}
