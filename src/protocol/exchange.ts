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

/** Who signed a request; throws what the client gets to see if it is not signed well. */
export type Authenticate = (exchange: Exchange) => Promise<Caller>;
