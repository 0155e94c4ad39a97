import type { RawResponse, RefusedS3Request } from "../protocol/types.ts";
import type { S3Error } from "./errors.ts";
import { document, type Elements } from "./xml.ts";

const xmlType = "application/xml";

export function renderXml(root: string, content: Elements | string): RawResponse {
  return xmlResponse(200, document(root, content), {});
}

export function renderError(error: S3Error, { path, requestId }: RefusedS3Request): RawResponse {
  const { code, message, details, status, headers } = error;
  const content = { Code: code, Message: message, ...details, Resource: path, RequestId: requestId };
  return xmlResponse(status, document("Error", content, { isError: true }), headers);
}

/**
 * Adds what all answers have in common. An answer to HEAD has the headers of the answer to GET, and no body.
 */
export function finish({ status, headers, body }: RawResponse, { method, requestId }: RefusedS3Request): RawResponse {
  return {
    status,
    headers: { ...headers, "x-amz-request-id": requestId },
    body: method === "HEAD" ? undefined : body,
  };
}

function xmlResponse(status: number, body: string, headers: Record<string, string>): RawResponse {
  return {
    status,
    headers: { "content-type": xmlType, "content-length": Buffer.byteLength(body), ...headers },
    body,
  };
}
