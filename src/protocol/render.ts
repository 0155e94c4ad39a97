import type { ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { AwsError } from "./exceptions.ts";
import type { RawResponse } from "./types.ts";

export const awsJsonContentType = "application/x-amz-json-1.1";

/**
 * An error as AWS JSON: `__type` without a namespace, the error's own members, and Message with a capital M.
 */
export function renderError({ type, extra, hasMessage, message, status }: AwsError): RawResponse {
  const body = { __type: type, ...extra, ...(hasMessage ? { Message: message } : {}) };
  return { status, headers: { "content-type": awsJsonContentType }, body: JSON.stringify(body) };
}

/**
 * Writes an answer, with the additional headers `more`. Resolves when the answer has been sent or is about to
 * be, or when the client is gone. If the body's stream fails, ends the connection and rejects.
 */
export type Send = (response: ServerResponse, answer: RawResponse, more: Record<string, string>) => Promise<void>;

export function sender(): Send {
  const post = outbox();
  return async (response, { status, headers: own, body }, more) => {
    // All headers are given at once. Node then writes them as they are; with setHeader Node would keep and
    // merge them.
    const headers = { ...more, ...own };
    if (!(body instanceof Readable)) {
      // The length of such a body is known, so it goes out in one write and without chunked encoding.
      const bytes = body ?? "";
      response.writeHead(status, { "content-length": Buffer.byteLength(bytes), ...headers });
      post(response, bytes);
      return;
    }
    if (response.req.method === "HEAD" || response.destroyed) {
      body.destroy();
      response.writeHead(status, headers).end();
      return;
    }
    response.writeHead(status, headers);
    await pipeline(body, response);
  };
}

/**
 * Sends all answers that become ready in one turn of the event loop together, at the end of the turn. Under
 * load a third of the server's time went into waking its clients' process once per answer; now that process
 * is woken once per turn.
 */
function outbox(): (response: ServerResponse, bytes: Buffer | string) => void {
  const waiting: { response: ServerResponse; bytes: Buffer | string }[] = [];
  const empty = () => {
    for (const { response, bytes } of waiting.splice(0)) response.end(bytes);
  };
  return (response, bytes) => {
    waiting.push({ response, bytes });
    if (waiting.length === 1) setImmediate(empty);
  };
}
