import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Door, DoorAnswer } from "./doors/door.ts";
import { frontDoors } from "./doors/doors.ts";
import type { Exchange } from "./exchange.ts";
import { closeLingering } from "./lingering-close.ts";
import { sender, type Send } from "./render.ts";
import { RequestBody, RequestCutShort } from "./request-body.ts";
import type { SignedRequest } from "./sigv4/claim.ts";
import type { HttpServerDeps, Log } from "./types.ts";

/** The dependencies that all requests of one server share. */
interface AnswerDeps extends Pick<HttpServerDeps, "answered" | "ticks" | "log"> {
  send: Send;
  doorOf: (request: SignedRequest) => Door;
  lingerMs: number;
}

/**
 * Answers one request, whichever door it is for. A client with `Expect: 100-continue` waits before it sends
 * its body, and `invite` tells it to send. Never rejects.
 */
export type Answer = (request: IncomingMessage, response: ServerResponse, invite?: () => void) => Promise<void>;

export function answerer(deps: HttpServerDeps, lingerMs: number): Answer {
  const common = { ...deps, send: sender(), doorOf: frontDoors(deps), lingerMs };
  return (request, response, invite) => answer(request, response, invite, common);
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  invite: (() => void) | undefined,
  deps: AnswerDeps,
): Promise<void> {
  const requestId = randomUUID();
  const arrivedAt = deps.ticks();
  const { exchange, door } = open(request, response, invite, requestId, deps.doorOf);
  let outcome = "gone";
  try {
    const produced = await produce(exchange, door, deps.log);
    if (!request.complete && !(await exchange.body.finish())) {
      response.setHeader("connection", "close");
      closeLingering(request.socket, deps.lingerMs);
    }
    await deps.send(response, produced.answer, { [door.requestIdHeader]: requestId });
    const { status } = produced.answer;
    outcome = produced.errorType ?? (status < 400 ? "ok" : String(status));
  } catch (error) {
    if (!isClientGone(error)) deps.log.error({ err: error, requestId }, "An answer could not be sent");
    response.destroy();
  } finally {
    deps.answered({
      api: door.api,
      operation: door.operationOf(exchange),
      outcome,
      durationMs: deps.ticks() - arrivedAt,
    });
  }
}

function open(
  request: IncomingMessage,
  response: ServerResponse,
  invite: (() => void) | undefined,
  requestId: string,
  doorOf: AnswerDeps["doorOf"],
): { exchange: Exchange; door: Door } {
  const signed = { method: request.method ?? "", ...splitUrl(request.url ?? "/"), headers: request.headersDistinct };
  const door = doorOf(signed);
  const gone = new AbortController();
  response.on("close", () => {
    if (!response.writableFinished) gone.abort();
  });
  const body = new RequestBody(request, door.bodyLimitBytes, invite);
  return { exchange: { ...signed, requestId, request, body, signal: gone.signal }, door };
}

function splitUrl(url: string): { path: string; rawQuery: string } {
  // A client that is set to use a proxy puts the whole URL, with host, in the request line.
  const relative = url.startsWith("/") ? url : url.replace(/^https?:\/\/[^/?]*/i, "");
  const mark = relative.indexOf("?");
  const path = mark < 0 ? relative : relative.slice(0, mark);
  return { path: path.startsWith("/") ? path : `/${path}`, rawQuery: mark < 0 ? "" : relative.slice(mark + 1) };
}

async function produce(exchange: Exchange, door: Door, log: Log): Promise<DoorAnswer> {
  try {
    return { answer: await door.answer(exchange) };
  } catch (error) {
    const refusal = door.refusal(error, exchange);
    if (refusal !== undefined) return refusal;
    if (isClientGone(error) || (exchange.signal.aborted && isAbort(error))) throw new RequestCutShort();
    const { requestId, method, path } = exchange;
    const target = exchange.headers["x-amz-target"]?.[0];
    log.error({ err: error, requestId, method, path, target }, "A request failed for an unforeseen reason");
    return door.failure(exchange);
  }
}

function isClientGone(error: unknown): boolean {
  return (
    error instanceof RequestCutShort ||
    (error instanceof Error && "code" in error && error.code === "ERR_STREAM_PREMATURE_CLOSE")
  );
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
}
