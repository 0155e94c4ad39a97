import type { ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { athenaContentType } from "./athena-pipeline.ts";
import type { AwsError } from "./exceptions.ts";
import type { RawResponse } from "./types.ts";

/** An error as AWS JSON: `__type` without a namespace, the error's own members, and Message with a capital M. */
export function renderError({ type, extra, hasMessage, message, status }: AwsError): RawResponse {
  const body = { __type: type, ...extra, ...(hasMessage ? { Message: message } : {}) };
  return { status, headers: { "content-type": athenaContentType }, body: JSON.stringify(body) };
}

/** Writes an answer, with `more` headers. Resolves when it is as good as out or the client is gone; throws if the body's stream fails, and ends the connection then. */
export async function send(
  response: ServerResponse,
  { status, headers: own, body }: RawResponse,
  more: Record<string, string>,
): Promise<void> {
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
}

const outbox: { response: ServerResponse; bytes: Buffer | string }[] = [];

/**
 * Answers that are ready in one turn of the event loop go out together at its end. Under load a third of the server's time went into waking its clients'
 * process once per answer; now it is woken once per turn.
 */
function post(response: ServerResponse, bytes: Buffer | string): void {
  outbox.push({ response, bytes });
  if (outbox.length === 1) setImmediate(emptyOutbox);
}

function emptyOutbox(): void {
  for (const { response, bytes } of outbox.splice(0)) response.end(bytes);
}
