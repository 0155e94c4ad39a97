import type { Exchange } from "../exchange.ts";
import type { SignedRequest } from "../sigv4/claim.ts";
import type { Answered, RawResponse } from "../types.ts";

/**
 * One of the services behind the port: which requests are its own, and all that differs from one service to
 * the next. answer.ts knows nothing else of them; doors.ts is the table.
 */
export interface Door {
  /** Names the door in the metrics. */
  readonly api: Answered["api"];
  /** The header in which its clients look for the request's id. */
  readonly requestIdHeader: string;
  readonly bodyLimitBytes: number;
  /** Whether a request is the door's own, told from its head alone: nothing of it is believed yet. */
  isFor(request: SignedRequest): boolean;
  /** Names a request's operation in the metrics, in one of few words. */
  operationOf(request: SignedRequest): string;
  /**
   * Finds out who the caller is, and answers. What can be refused by the head of a request is refused before
   * its body is read, because a client that waits for `100 Continue` is told to send by the first read.
   */
  answer(exchange: Exchange): Promise<RawResponse>;
  /** What the client reads of an error that `answer` threw; undefined if nobody foresaw it. */
  refusal(error: unknown, exchange: Exchange): DoorAnswer | undefined;
  /** What the client reads of an error that nobody foresaw; its cause is in the log. */
  failure(exchange: Exchange): DoorAnswer;
}

export interface DoorAnswer {
  readonly answer: RawResponse;
  /** Of an error, its name in the metrics; where there is none, they have the status. */
  readonly errorType?: string;
}
