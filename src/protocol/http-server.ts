import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { answerer } from "./answer.ts";
import { refuseGarbage } from "./garbage.ts";
import type { HttpServerDeps } from "./types.ts";

export interface HttpServer {
  /** Port 0 takes a free port. Resolves with the address and the port that were taken. */
  listen(host: string, port: number): Promise<{ host: string; port: number }>;
  /**
   * Accepts no more connections, lets requests in flight finish for at most `graceMs`, then cuts the
   * connections that are left.
   */
  drain(graceMs: number): Promise<void>;
  /** The number of connections on which a request waits for its answer. */
  inFlight(): number;
}

export interface Timeouts {
  /** Deadline for the head of a request, counted from its first byte. */
  headersMs: number;
  /** Deadline for a whole request: long enough for 64 MB over a slow line, but not for ever. */
  requestMs: number;
  /**
   * How long an idle connection is kept. The SDKs keep theirs for a shorter time, so that the client closes
   * the connection and never writes into a connection that the server is closing.
   */
  keepAliveMs: number;
  /** How often connections are checked against `headersMs` and `requestMs`. */
  checkMs: number;
  /**
   * How long a client that was refused and still sends has to read the refusal and to end the connection by
   * itself.
   */
  lingerMs: number;
}

const defaultTimeouts: Timeouts = {
  headersMs: 15_000,
  requestMs: 300_000,
  keepAliveMs: 75_000,
  checkMs: 2_000,
  lingerMs: 5_000,
};

/**
 * The port that Athena's and S3's clients speak to.
 *
 * Failure model: no request can end the process or hold a connection for ever. After an unforeseen error
 * Athena's client gets an InternalServerException, and S3's an InternalError, with a request id; the log has
 * the cause under that id. An answer that has begun and cannot be finished ends its connection, so that the
 * client sees that the answer was cut short.
 */
export function createHttpServer(deps: HttpServerDeps, timeouts: Partial<Timeouts> = {}): HttpServer {
  const { headersMs, requestMs, keepAliveMs, checkMs, lingerMs } = { ...defaultTimeouts, ...timeouts };
  const answer = answerer(deps, lingerMs);
  const server = createServer(
    {
      headersTimeout: headersMs,
      requestTimeout: requestMs,
      keepAliveTimeout: keepAliveMs,
      connectionsCheckingInterval: checkMs,
    },
    respond,
  );
  /**
   * The open connections, each with the answer that it waits for, if any. An entry lives as long as its
   * connection. If an entry were made and deleted with each request, V8 would replace the map's table every
   * hundred requests. Of such dead tables the older ones keep the younger ones alive, together with all their
   * requests, until the next full garbage collection.
   */
  const open = new Map<Duplex, ServerResponse | undefined>();
  server.on("clientError", (error, socket) => {
    refuseGarbage(error, socket, open.get(socket)?.headersSent === true);
  });
  server.on("error", (error) => {
    deps.log.error({ err: error }, "The port could not be opened, or a connection not be accepted");
  });
  const waiting = () => [...open.values()].filter((response) => response !== undefined);
  // This listener is not made in `respond`, because it would then keep that call's request alive as long as
  // the connection lasts.
  const forgetWhenClosed = (socket: Duplex) => socket.once("close", () => open.delete(socket));
  let isDraining = false;

  // Without this listener Node would tell each client to send its body before anybody has looked at the
  // request.
  server.on("checkContinue", (request: IncomingMessage, response: ServerResponse) => {
    respond(request, response, () => {
      response.writeContinue();
    });
  });

  function respond(request: IncomingMessage, response: ServerResponse, invite?: () => void): void {
    if (isDraining) response.setHeader("connection", "close");
    const { socket } = request;
    if (!open.has(socket)) forgetWhenClosed(socket);
    open.set(socket, response);
    response.on("close", () => {
      if (open.get(socket) === response) open.set(socket, undefined);
      // An answer whose headers were sent before the drain began has told its client to keep the connection.
      // Such a connection is idle now, and is closed here.
      if (isDraining) server.closeIdleConnections();
    });
    answer(request, response, invite).catch((error: unknown) => {
      deps.log.error({ err: error }, "A request was left without an answer");
      response.destroy();
    });
  }

  return {
    inFlight: () => waiting().length,
    listen: (host, port) => listen(server, host, port),
    drain: (graceMs) => {
      isDraining = true;
      for (const response of waiting()) if (!response.headersSent) response.setHeader("connection", "close");
      return drain(server, graceMs);
    },
  };
}

function listen(server: Server, host: string, port: number): Promise<{ host: string; port: number }> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      const { address, port: chosen } = server.address() as AddressInfo;
      resolve({ host: address, port: chosen });
    });
  });
}

function drain(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => {
      server.closeAllConnections();
    }, graceMs);
    // `close` can fail only because the server was not listening, and then there is nothing to drain.
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
}
