import type { Failure, WrongScope } from "./failure.ts";

/** An error in S3's terms, which the S3 service renders. Codes: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
export interface S3Refusal {
  code: string;
  message: string;
  status: number;
}

const week = "604800";

export function s3Refusal(failure: Failure): S3Refusal {
  switch (failure.kind) {
    case "missing":
      return refusal(403, "AccessDenied", "Access Denied");
    case "two-signatures":
      return refusal(
        400,
        "InvalidArgument",
        "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified",
      );
    case "incomplete":
      if (failure.form === "query") return badQuery(missingInQuery);
      if (failure.missing.includes("Date")) return badDate();
      return malformed(`the ${failure.missing.join(" and ")} of the authorization is missing`);
    case "algorithm":
      return refusal(
        400,
        "InvalidRequest",
        "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
      );
    case "credential":
      return malformed('the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request"');
    case "date":
      return badDate();
    case "expires":
      return badQuery(`X-Amz-Expires must be a number of seconds, not negative and not above ${week}`);
    case "expired":
      return failure.form === "query" ? refusal(403, "AccessDenied", "Request has expired") : skewed();
    case "not-yet":
      return skewed();
    case "unsigned-header":
      return refusal(403, "AccessDenied", "There were headers present in the request which were not signed");
    case "scope":
      return malformed(wrongScope(failure.wrong));
    case "unknown-key":
      return refusal(403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.");
    case "wrong-token":
      return refusal(400, "InvalidToken", "The provided token is malformed or otherwise invalid.");
    case "expired-token":
      return refusal(400, "ExpiredToken", "The provided token has expired.");
    case "payload-hash-missing":
      return refusal(400, "InvalidRequest", "Missing required header for this request: x-amz-content-sha256");
    case "payload-hash-unsupported":
      return refusal(
        501,
        "NotImplemented",
        "A header you provided implies functionality that is not implemented: x-amz-content-sha256 must be UNSIGNED-PAYLOAD or the SHA-256 of the body.",
      );
    case "payload-hash-wrong":
      return refusal(
        400,
        "XAmzContentSHA256Mismatch",
        "The provided 'x-amz-content-sha256' header does not match what was computed.",
      );
    case "signature":
      return refusal(
        403,
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
      );
  }
}

const missingInQuery =
  "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.";

const refusal = (status: number, code: string, message: string): S3Refusal => ({ code, message, status });
const malformed = (what: string) =>
  refusal(400, "AuthorizationHeaderMalformed", `The authorization header is malformed; ${what}.`);
const badQuery = (message: string) => refusal(400, "AuthorizationQueryParametersError", message);
const badDate = () => refusal(403, "AccessDenied", "AWS authentication requires a valid Date or x-amz-date header");
const skewed = () =>
  refusal(403, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large.");

function wrongScope({ region, service, terminator, date }: WrongScope): string {
  if (region) return `the region '${region.given}' is wrong; expecting '${region.expected}'`;
  if (service) return `incorrect service "${service.given}". This endpoint belongs to "${service.expected}"`;
  if (terminator) return `incorrect terminal "${terminator.given}". This endpoint uses "aws4_request"`;
  return `Invalid credential date "${date?.given ?? ""}". This date is not the same as X-Amz-Date: "${date?.expected ?? ""}"`;
}
