import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { answerAthena, athenaAuthentication, athenaBodyLimitBytes, namedOperation } from "./athena-pipeline.ts";
import { AwsError, internalServer } from "./exceptions.ts";
import type { Authenticate, Exchange } from "./exchange.ts";
import { renderError, sender, type Send } from "./render.ts";
import { RequestBody, RequestCutShort } from "./request-body.ts";
import { routeOf, type Route } from "./routing.ts";
import { answerS3, s3Authentication, s3BodyLimitBytes, s3InternalError } from "./s3-pipeline.ts";
import type { HttpServerDeps, InternalRequest, RawResponse } from "./types.ts";

/** What the answers to all requests of one server have in common. */
interface AnswerDeps extends HttpServerDeps {
  send: Send;
  authenticate: { athena: Authenticate; s3: Authenticate };
}

/** Answers one request, whatever it is. Never throws. */
export function answerer(deps: HttpServerDeps): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const authenticate = { athena: athenaAuthentication(deps), s3: s3Authentication(deps) };
  const common = { ...deps, send: sender(), authenticate };
  return (request, response) => answer(request, response, common);
}

async function answer(request: IncomingMessage, response: ServerResponse, deps: AnswerDeps): Promise<void> {
  const requestId = randomUUID();
  const arrivedAt = deps.ticks();
  const { exchange, route } = open(request, response, requestId);
  let outcome = "gone";
  try {
    const produced = await produce(exchange, route, deps);
    const { answered } = produced;
    if (!request.complete && !(await exchange.body.discard())) response.setHeader("connection", "close");
    await deps.send(response, answered, { [route === "s3" ? "x-amz-request-id" : "x-amzn-requestid"]: requestId });
    outcome = produced.errorType ?? (answered.status < 400 ? "ok" : String(answered.status));
  } catch (error) {
    if (!isClientGone(error)) deps.log.error({ err: error, requestId }, "An answer could not be sent");
    response.destroy();
  } finally {
    deps.answered({
      api: route,
      operation: operationOf(exchange, route),
      outcome,
      durationMs: deps.ticks() - arrivedAt,
    });
  }
}

const methods: readonly string[] = ["GET", "HEAD", "PUT", "POST", "DELETE"];

function operationOf({ method, headers }: Exchange, route: Route): string {
  if (route !== "athena") return methods.includes(method) ? method : "other";
  return namedOperation(headers)?.name ?? "unknown";
}

function open(
  request: IncomingMessage,
  response: ServerResponse,
  requestId: string,
): { exchange: Exchange; route: Route } {
  const signed = { method: request.method ?? "", ...splitUrl(request.url ?? "/"), headers: request.headersDistinct };
  const route = routeOf(signed);
  const gone = new AbortController();
  response.on("close", () => {
    if (!response.writableFinished) gone.abort();
  });
  const body = new RequestBody(request, route === "athena" ? athenaBodyLimitBytes : s3BodyLimitBytes);
  return { exchange: { ...signed, requestId, request, body, signal: gone.signal }, route };
}

function splitUrl(url: string): { path: string; rawQuery: string } {
  // Clients behind a proxy setting send the whole URL.
  const relative = url.startsWith("/") ? url : url.replace(/^https?:\/\/[^/?]*/i, "");
  const mark = relative.indexOf("?");
  const path = mark < 0 ? relative : relative.slice(0, mark);
  return { path: path.startsWith("/") ? path : `/${path}`, rawQuery: mark < 0 ? "" : relative.slice(mark + 1) };
}

interface Produced {
  answered: RawResponse;
  errorType?: string;
}

async function produce(exchange: Exchange, route: Route, deps: AnswerDeps): Promise<Produced> {
  try {
    switch (route) {
      case "athena":
        return { answered: await answerAthena(exchange, deps.authenticate.athena, deps) };
      case "internal":
        return { answered: (await deps.internal(internalRequest(exchange, deps))) ?? noSuchPath };
      case "s3":
        return { answered: await answerS3(exchange, deps.authenticate.s3, deps.s3) };
    }
  } catch (error) {
    if (error instanceof AwsError) return { answered: renderError(error), errorType: error.type };
    if (isClientGone(error) || (exchange.signal.aborted && isAbort(error))) throw new RequestCutShort();
    const { requestId, method, path } = exchange;
    const target = exchange.headers["x-amz-target"]?.[0];
    deps.log.error({ err: error, requestId, method, path, target }, "A request failed for an unforeseen reason");
    if (route === "s3") return { answered: s3InternalError(exchange, deps.s3) };
    const internal = internalServer(requestId);
    return { answered: renderError(internal), errorType: internal.type };
  }
}

function internalRequest(exchange: Exchange, { authenticate }: AnswerDeps): InternalRequest {
  return { method: exchange.method, path: exchange.path, caller: () => authenticate.athena(exchange) };
}

const noSuchPath: RawResponse = {
  status: 404,
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ message: "There is no such path under /-/." }),
};

function isClientGone(error: unknown): boolean {
  return (
    error instanceof RequestCutShort ||
    (error instanceof Error && "code" in error && error.code === "ERR_STREAM_PREMATURE_CLOSE")
  );
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
}
