import type { ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { AwsError } from "./exceptions.ts";
import type { RawResponse } from "./types.ts";

export const awsJsonContentType = "application/x-amz-json-1.1";

/** An error as AWS JSON: `__type` without a namespace, the error's own members, and Message with a capital M. */
export function renderError({ type, extra, hasMessage, message, status }: AwsError): RawResponse {
  const body = { __type: type, ...extra, ...(hasMessage ? { Message: message } : {}) };
  return { status, headers: { "content-type": awsJsonContentType }, body: JSON.stringify(body) };
}

/**
 * Writes an answer, with `more` headers. Resolves when it is as good as out or the client is gone; throws if the body's
 * stream fails, and ends the connection then.
 */
export type Send = (response: ServerResponse, answer: RawResponse, more: Record<string, string>) => Promise<void>;

export function sender(): Send {
  const post = outbox();
  return async (response, { status, headers: own, body }, more) => {
    // All headers at once: Node writes them as they are, where setHeader would have it keep and merge them.
    const headers = { ...more, ...own };
    if (!(body instanceof Readable)) {
      // One write with a length: no chunked encoding for what is known.
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
 * Answers that are ready in one turn of the event loop go out together at its end. Under load a third of the server's
 * time went into waking its clients' process once per answer; now it is woken once per turn.
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
