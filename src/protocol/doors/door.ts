import type { Exchange } from "../exchange.ts";
import type { SignedRequest } from "../sigv4/claim.ts";
import type { Answered, RawResponse } from "../types.ts";

/**
 * One of the services behind the port. A door knows which requests are its own, and everything in which its
 * service differs from the others. answer.ts knows the services only by this interface; doors.ts has the
 * table of all doors.
 */
export interface Door {
  /** Names the door in the metrics. */
  readonly api: Answered["api"];
  /** The header in which the service's clients look for the request's id. */
  readonly requestIdHeader: string;
  readonly bodyLimitBytes: number;
  /**
   * Whether a request is the door's own. This is told from the request's head alone, of which nothing has
   * been verified yet.
   */
  isFor(request: SignedRequest): boolean;
  /** Names a request's operation in the metrics. There are few such names. */
  operationOf(request: SignedRequest): string;
  /**
   * Finds out who the caller is, and answers. Whatever can be refused by the head of a request is refused
   * before the body is read, because the first read tells a client that waits for `100 Continue` to send.
   */
  answer(exchange: Exchange): Promise<RawResponse>;
  /** What the client reads of an error that `answer` threw; undefined if the error is unforeseen. */
  refusal(error: unknown, exchange: Exchange): DoorAnswer | undefined;
  /** What the client reads of an unforeseen error. The error's cause is in the log. */
  failure(exchange: Exchange): DoorAnswer;
}

export interface DoorAnswer {
  readonly answer: RawResponse;
  /** An error's name in the metrics. If it is undefined, the metrics name the HTTP status. */
  readonly errorType?: string;
}
