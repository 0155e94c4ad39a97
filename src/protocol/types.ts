import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";

/** A key that requests may be signed with. */
export interface Key {
  accessKeyId: string;
  secretAccessKey: string;
  /**
   * Only temporary keys have a session token. A request that is signed with such a key must carry the token.
   */
  sessionToken?: string;
  /** Epoch milliseconds. */
  expiresAt?: number;
  principalArn: string;
}

export interface Caller {
  accessKeyId: string;
  principalArn: string;
}

/** What a handler learns of its request besides the input. */
export interface Call {
  /** Aborted when the client is gone before it got its answer. */
  signal: AbortSignal;
}

/**
 * Serves one operation. The input is valid: the types and constraints of the model hold, and unknown and null
 * members have been removed. In the answer a Date becomes epoch seconds, with milliseconds as decimals.
 * Members of the answer that are undefined, null or unknown to the model are dropped.
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the model guarantees the input; each operation names its own type
export type AthenaHandler = (input: any, call: Call) => Promise<object>;

export interface S3Request {
  method: string;
  /** The path as it arrived: percent-encoded, with the leading slash, without the query. */
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  /**
   * The body as it arrives, which can be read once. What is not read is neither sent nor kept in memory. The
   * first read tells a client that waits for `100 Continue` to send. A body that does not match its signature
   * fails before its last chunk is given out, so the service must keep nothing of a body that it has not read
   * to the end. Errors that a read throws are answered by the protocol; the service lets them pass.
   */
  body: AsyncIterable<Buffer>;
  /** Undefined if the caller is unknown. The service refuses such a request. */
  caller: Caller | undefined;
  requestId: string;
  signal: AbortSignal;
}

export type RefusedS3Request = Pick<S3Request, "method" | "path" | "requestId">;

export interface RawResponse {
  status: number;
  headers: Record<string, string | number>;
  /**
   * The body of an answer to HEAD is not sent; the headers give the length that it would have. A stream is
   * always consumed or destroyed.
   */
  body: Buffer | string | Readable | undefined;
}

export interface S3Service {
  handle(request: S3Request): Promise<RawResponse>;
  /** Renders one of S3's errors, such as SignatureDoesNotMatch, as S3's XML. Must not throw. */
  refuse(code: string, message: string, status: number, request: RefusedS3Request): RawResponse;
}

export interface InternalRequest {
  method: string;
  path: string;
  /**
   * Resolves with the caller who signed the request for service `athena`. Rejects with the error that the
   * client gets if the request is not properly signed.
   */
  caller: () => Promise<Caller>;
}

export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** How a request was answered. Names have few possible values, because they become labels of metrics. */
export interface Answered {
  api: "athena" | "s3" | "internal";
  /** One of Athena's operations, or `unknown`. For the other services the HTTP method, or `other`. */
  operation: string;
  /** `ok`, the type of the error, its HTTP status if the error has no type, or `gone` if the client left. */
  outcome: string;
  durationMs: number;
}

export interface HttpServerDeps {
  region: string;
  findKey: (accessKeyId: string) => Key | undefined;
  /**
   * Whether this access key may call this operation now. The operation is named as in the model. Default:
   * always.
   */
  isWithinRate?: (accessKeyId: string, operation: string) => boolean;
  operations: Record<string, AthenaHandler>;
  s3: S3Service;
  /** Answers paths under `/-/`. Resolves with undefined if there is no such path. */
  internal: (request: InternalRequest) => Promise<RawResponse | undefined>;
  /** Called for every request once it has been answered, or can no longer be answered. Must not throw. */
  answered: (answered: Answered) => void;
  /** Epoch milliseconds. */
  now: () => number;
  /** Milliseconds of a monotonic clock, which nobody can set. */
  ticks: () => number;
  log: Log;
}
