import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { answerer } from "./answer.ts";
import { refuseGarbage } from "./garbage.ts";
import type { HttpServerDeps } from "./types.ts";

export interface HttpServer {
  /** Port 0 takes a free one; the answer tells which. */
  listen(host: string, port: number): Promise<{ host: string; port: number }>;
  /** Accepts no more connections, lets requests in flight finish for at most `graceMs`, then cuts what is left. */
  drain(graceMs: number): Promise<void>;
  /** Connections on which a request waits for its answer. */
  inFlight(): number;
}

export interface Timeouts {
  /** For the head of a request, from its first byte. */
  headersMs: number;
  /** For the whole of a request: 64 MB over a slow line, but not for ever. */
  requestMs: number;
  /** Longer than the SDKs keep an idle connection, so that they close it and never write into one that is being closed. */
  keepAliveMs: number;
  /** How often the first two are looked at. */
  checkMs: number;
  /** For a client that was refused and still sends: to read why, and to end the connection by itself. */
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
 * Failure model: no request can end the process or hold a connection for ever. What a client sees of an unforeseen error is
 * an InternalServerException with a request id; the cause is in the log under that id. An answer that has begun and cannot be
 * finished ends its connection, so that the client sees it cut short.
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
   * Connections with the answer that each waits for, if any. An entry lives as long as its connection: one made and deleted with each request has V8 replace the
   * map's table every hundred requests, and of dead tables the older ones keep the younger alive, with all their requests, until the next full collection.
   */
  const open = new Map<Duplex, ServerResponse | undefined>();
  server.on("clientError", (error, socket) => {
    refuseGarbage(error, socket, open.get(socket)?.headersSent === true);
  });
  server.on("error", (error) => {
    deps.log.error({ err: error }, "The port could not be opened, or a connection not be accepted");
  });
  const waiting = () => [...open.values()].filter((response) => response !== undefined);
  // Not in `respond`, whose request would live as long as the listener.
  const forgetWhenClosed = (socket: Duplex) => socket.once("close", () => open.delete(socket));
  let isDraining = false;

  // Without it Node would tell each client to send its body before anybody has looked at the request.
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
      // An answer that was on its way already when the drain began has told its client to keep the connection.
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
    // The error it may give is that it was not listening: then there is nothing to drain.
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
}
