import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";

/** A key that requests may be signed with. */
export interface Key {
  accessKeyId: string;
  secretAccessKey: string;
  /** Temporary keys carry one, and requests signed with them must too. */
  sessionToken?: string;
  /** Epoch milliseconds. */
  expiresAt?: number;
  principalArn: string;
}

export interface Caller {
  accessKeyId: string;
  principalArn: string;
}

/** What a handler learns of its request beside the input. */
export interface Call {
  /** Aborted when the client is gone before it got its answer. */
  signal: AbortSignal;
}

/**
 * Serves one operation. The input is valid: types and constraints of the model hold, unknown and null members are gone. In
 * the answer a Date becomes epoch seconds (milliseconds as decimals), undefined and null members are dropped, and so are
 * members that the model does not know.
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the model guarantees the input; each operation names its own type
export type AthenaHandler = (input: any, call: Call) => Promise<object>;

export interface S3Request {
  method: string;
  /** As it arrived: percent-encoded, begins with a slash, without the query. */
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  /**
   * The body, once, as it arrives: what is not read is not sent, nor kept in memory. The first read tells a client that
   * waits for it to send (`100 Continue`). A body that is not what its signature covers fails before its last chunk
   * is given out, so nothing may be kept of a body that was not read to its end. What a read throws is the protocol's
   * to answer.
   */
  body: AsyncIterable<Buffer>;
  /** Undefined for somebody unknown, whom the service refuses. */
  caller: Caller | undefined;
  requestId: string;
  signal: AbortSignal;
}

export type RefusedS3Request = Pick<S3Request, "method" | "path" | "requestId">;

export interface RawResponse {
  status: number;
  headers: Record<string, string | number>;
  /** For an answer to HEAD the headers say what the length would be, and the body is not sent. A stream is always consumed or destroyed. */
  body: Buffer | string | Readable | undefined;
}

export interface S3Service {
  handle(request: S3Request): Promise<RawResponse>;
  /** Renders an error of S3's, such as SignatureDoesNotMatch, in S3's XML. Must not throw. */
  refuse(code: string, message: string, status: number, request: RefusedS3Request): RawResponse;
}

export interface InternalRequest {
  method: string;
  path: string;
  /** Who signed the request, for service `athena`; throws what the client gets to see if it is not signed well. */
  caller: () => Promise<Caller>;
}

export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** How a request was answered, in words of which there are few. */
export interface Answered {
  api: "athena" | "s3" | "internal";
  /** An operation of Athena's, or `unknown`; elsewhere the HTTP method, or `other`. */
  operation: string;
  /** `ok`, the type of the error, its HTTP status where it has no type, or `gone` if the client left. */
  outcome: string;
  durationMs: number;
}

export interface HttpServerDeps {
  region: string;
  findKey: (accessKeyId: string) => Key | undefined;
  /** Whether this caller may ask for this operation now, which is named as in the model. Default: always. */
  isWithinRate?: (accessKeyId: string, operation: string) => boolean;
  operations: Record<string, AthenaHandler>;
  s3: S3Service;
  /** Paths under `/-/`; undefined means that there is no such path. */
  internal: (request: InternalRequest) => Promise<RawResponse | undefined>;
  /** Told of every request once it has been answered, or cannot be any more. Must not throw. */
  answered: (answered: Answered) => void;
  /** Epoch milliseconds. */
  now: () => number;
  /** Milliseconds of a clock that is never set. */
  ticks: () => number;
  log: Log;
}
