// The port and what stands before the handlers, in this process: HTTP, signatures, the model. Everything
// behind it is an argument.
import { connect, type Socket } from "node:net";
import { once } from "node:events";
import { request as httpRequest, type Agent, type IncomingHttpHeaders } from "node:http";
import { buffer } from "node:stream/consumers";
import aws4 from "aws4";
import { createHttpServer, type HttpServer, type Timeouts } from "../../src/protocol/http-server.ts";
import type { HttpServerDeps, S3Request, S3Service } from "../../src/protocol/types.ts";

export const key = {
  accessKeyId: "GLAXTESTTESTTESTTEST",
  secretAccessKey: "secret/secret+secret",
  principalArn: "arn:aws:iam::000000000000:user/test",
};

export const temporaryKey = {
  accessKeyId: "GLAXTEMPTEMPTEMPTEMP",
  secretAccessKey: "another",
  sessionToken: "the token",
  expiresAt: Number.POSITIVE_INFINITY,
  principalArn: "arn:aws:iam::000000000000:user/temporary",
};

export interface FrontEndServer extends AsyncDisposable {
  port: number;
  endpoint: string;
  server: HttpServer;
  /** What was logged as an error. */
  errors: { fields: Record<string, unknown>; message: string }[];
  s3Requests: S3Request[];
}

export async function startFrontEnd(
  overrides: Partial<HttpServerDeps> = {},
  timeouts: Partial<Timeouts> = {},
): Promise<FrontEndServer> {
  const errors: FrontEndServer["errors"] = [];
  const s3Requests: S3Request[] = [];
  const server = createHttpServer(
    {
      region: "us-east-1",
      findKey: (accessKeyId) => [key, temporaryKey].find((known) => known.accessKeyId === accessKeyId),
      operations: {
        GetSessionStatus: (input: { SessionId: string }) =>
          Promise.resolve({ SessionId: input.SessionId, Status: { State: "IDLE" } }),
      },
      s3: s3Of(async (request) => {
        await buffer(request.body);
        s3Requests.push(request);
        return { status: 200, headers: { "content-type": "text/plain" }, body: "an object" };
      }),
      internal: ({ path }) =>
        Promise.resolve(path === "/-/health" ? { status: 200, headers: {}, body: "fine" } : undefined),
      answered: () => undefined,
      now: () => Date.now(),
      ticks: () => performance.now(),
      log: {
        info: () => undefined,
        warn: () => undefined,
        error: (fields, message) => errors.push({ fields: fields as Record<string, unknown>, message }),
      },
      ...overrides,
    },
    timeouts,
  );
  const { port } = await server.listen("127.0.0.1", 0);
  const endpoint = `http://127.0.0.1:${String(port)}`;
  return { port, endpoint, server, errors, s3Requests, [Symbol.asyncDispose]: () => server.drain(0) };
}

/** An S3 service that answers each request with `handle`. */
export function s3Of(handle: S3Service["handle"]): S3Service {
  return {
    handle,
    refuse: (code, message, status) => ({
      status,
      headers: { "content-type": "application/xml" },
      body: `<Error><Code>${code}</Code><Message>${message}</Message></Error>`,
    }),
  };
}

export interface Outgoing {
  method?: string;
  path?: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

export interface Incoming {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/** Sends exactly the given headers. */
export function send(port: number, outgoing: Outgoing, agent?: Agent): Promise<Incoming> {
  const { method = "POST", path = "/", headers = {}, body = "" } = outgoing;
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      {
        host: "127.0.0.1",
        port,
        method,
        path,
        headers: { "content-length": String(Buffer.byteLength(body)), ...headers },
        ...(agent && { agent }),
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString("utf8");
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text });
        });
      },
    );
    request.on("error", reject);
    request.end(body);
  });
}

export interface Signing {
  operation?: string;
  service?: string;
  region?: string;
  date?: string;
  key?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
  signQuery?: boolean;
}

/** A request that is signed by the npm package aws4, whose code is independent of Glaux's. */
export function signed(port: number, outgoing: Outgoing = {}, signing: Signing = {}): Required<Outgoing> {
  const { operation = "GetSessionStatus", service = "athena", region = "us-east-1", date, signQuery = false } = signing;
  const { method = "POST", path = "/", headers = {} } = outgoing;
  const body = outgoing.body ?? (method === "POST" ? '{"SessionId":"s"}' : "");
  const isAthena = service === "athena";
  const dated = signQuery && date !== undefined ? `${path}${path.includes("?") ? "&" : "?"}X-Amz-Date=${date}` : path;
  const request = aws4.sign(
    {
      host: `127.0.0.1:${String(port)}`,
      service,
      region,
      method,
      path: dated,
      body,
      signQuery,
      headers: {
        ...(isAthena && {
          "Content-Type": "application/x-amz-json-1.1",
          "X-Amz-Target": `AmazonAthena.${operation}`,
        }),
        ...(date !== undefined && !signQuery && { "X-Amz-Date": date }),
        ...headers,
      },
    },
    signing.key ?? key,
  );
  return { method, path: request.path ?? path, headers: request.headers as Record<string, string>, body };
}

/** A plain connection, for what no HTTP client would send. */
export class RawConnection implements Disposable {
  readonly socket: Socket;
  #text = "";

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding("latin1");
    socket.on("data", (chunk: string) => (this.#text += chunk));
    socket.on("error", () => undefined);
  }

  static async open(port: number): Promise<RawConnection> {
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    return new RawConnection(socket);
  }

  /** Waits until the pattern has come, and takes everything up to its end. */
  async take(pattern: RegExp): Promise<string> {
    for (;;) {
      const match = pattern.exec(this.#text);
      if (match) {
        const end = match.index + match[0].length;
        const taken = this.#text.slice(0, end);
        this.#text = this.#text.slice(end);
        return taken;
      }
      if (this.socket.closed) throw new Error(`Closed after ${JSON.stringify(this.#text)}`);
      await Promise.race([once(this.socket, "data"), once(this.socket, "close")]);
    }
  }

  /** All that comes until the server ends the connection. */
  async rest(): Promise<string> {
    if (!this.socket.closed) await once(this.socket, "close");
    return this.#text;
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}

/** A request as its bytes. */
export function bytesOf(port: number, { method = "POST", path = "/", headers = {}, body = "" }: Outgoing): string {
  const all = { host: `127.0.0.1:${String(port)}`, "content-length": String(Buffer.byteLength(body)) };
  const own = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  const lines = Object.entries({ ...all, ...own }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n${body.toString()}`;
}
