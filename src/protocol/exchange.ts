import type { IncomingMessage } from "node:http";
import type { RequestBody } from "./request-body.ts";
import type { SignedRequest } from "./sigv4/claim.ts";
import type { Caller } from "./types.ts";

/** One request on its way through its door. */
export interface Exchange extends SignedRequest {
  readonly requestId: string;
  readonly request: IncomingMessage;
  readonly body: RequestBody;
  readonly signal: AbortSignal;
}

/**
 * Resolves with the caller who signed a request. Rejects with the error that the client gets if the request
 * is not properly signed.
 */
export type Authenticate = (exchange: Exchange) => Promise<Caller>;
