import { AwsError } from "../exceptions.ts";
import { formatBasicDate } from "./date.ts";
import type { Failure, SignaturePart, WrongScope } from "./failure.ts";

/**
 * Words a failure as AWS's front end for JSON services does. The text may repeat what the caller sent, even
 * signatures, so it may go to the caller but not to a log.
 */
export function jsonRefusal(failure: Failure): AwsError {
  switch (failure.kind) {
    case "missing":
      return new AwsError("MissingAuthenticationTokenException", "Request is missing Authentication Token");
    case "two-signatures":
      return invalid("Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.");
    case "incomplete":
      return incomplete(failure.form === "header" ? missingInHeader(failure) : missingInQuery(failure.missing));
    case "algorithm":
      return incomplete(`Unsupported AWS 'algorithm': '${failure.algorithm}' (only AWS4-HMAC-SHA256 for now). `);
    case "credential":
      return incomplete(
        `Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '${failure.credential}'`,
      );
    case "date":
      return incomplete(
        `Date must be in ISO-8601 'basic format'. Got '${failure.date}'. See http://en.wikipedia.org/wiki/ISO_8601`,
      );
    case "expires":
      return incomplete(`X-Amz-Expires must be a number of seconds from 0 to 604800. Got '${failure.expires}'.`);
    case "expired":
      return invalid(expired(failure));
    case "not-yet":
      return invalid(notYet(failure));
    case "unsigned-header":
      return invalid(`'${failure.header}' must be a 'SignedHeader' in the AWS Authorization.`);
    case "scope":
      return invalid(wrongScope(failure.wrong));
    case "unknown-key":
    case "wrong-token":
      return new AwsError("UnrecognizedClientException", "The security token included in the request is invalid.");
    case "expired-token":
      return new AwsError("ExpiredTokenException", "The security token included in the request is expired");
    case "payload-hash-missing":
    case "payload-hash-unsupported":
    case "payload-hash-wrong":
    case "signature":
      return invalid(
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
      );
  }
}

const invalid = (message: string) => new AwsError("InvalidSignatureException", message);
const incomplete = (message: string) => new AwsError("IncompleteSignatureException", message);

function missingInHeader({ missing, authorization }: { missing: SignaturePart[]; authorization: string }): string {
  const sentences = missing.map((part) =>
    part === "Date"
      ? "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
      : `Authorization header requires '${part}' parameter.`,
  );
  return `${sentences.join(" ")} Authorization=${authorization}`;
}

function missingInQuery(missing: SignaturePart[]): string {
  const sentences = missing.map((part) => `AWS query-string parameters must include 'X-Amz-${part}'.`);
  return `${sentences.join(" ")} Re-examine the query-string parameters.`;
}

function expired({ signedAt, now, validMs }: { signedAt: number; now: number; validMs: number }): string {
  return `Signature expired: ${formatBasicDate(signedAt)} is now earlier than ${formatBasicDate(now - validMs)} (${formatBasicDate(now)} - ${span(validMs)}.)`;
}

function notYet({ signedAt, now, skewMs }: { signedAt: number; now: number; skewMs: number }): string {
  return `Signature not yet current: ${formatBasicDate(signedAt)} is still later than ${formatBasicDate(now + skewMs)} (${formatBasicDate(now)} + ${span(skewMs)}.)`;
}

function wrongScope({ region, service, terminator, date }: WrongScope): string {
  const sentences: string[] = [];
  if (region) sentences.push(`Credential should be scoped to a valid region, not '${region.given}'. `);
  if (service) sentences.push(`Credential should be scoped to correct service: '${service.expected}'. `);
  if (terminator) {
    sentences.push(`Credential should be scoped with a valid terminator: 'aws4_request', not '${terminator.given}'. `);
  }
  if (date) {
    sentences.push(
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${date.given}' != '${date.expected}', from '${date.signedAt}'.`,
    );
  }
  return sentences.join("");
}

function span(ms: number): string {
  return ms % 60_000 === 0 ? `${String(ms / 60_000)} min` : `${String(ms / 1000)} s`;
}
