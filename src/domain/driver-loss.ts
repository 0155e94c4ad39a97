import type { CalculationExecutionState, SessionState } from "@aws-sdk/client-athena";
import { calculationCanceledBySessionEnd, reason, sessionTerminated } from "./reasons.ts";
import { isSessionOver } from "./session-state.ts";

/**
 * What the loss of a driver means to its session and to the calculation that it ran. Pure. Who asks carries the answer
 * out by compare-and-set, and asks again where another change came first: each answer may be carried out twice.
 */

/** What is known of a driver, and how it ended if it has. Each `why` is in words for clients. */
export type DriverFate =
  /** It lives, as far as is known. */
  | { is: "alive" }
  /** It lives, and has neither become ready nor answered its claim within this time. */
  | { is: "late"; withinMs: number; lastLines: string }
  /** It has told, with the end of the calculation that it ran, that it ends itself. */
  | { is: "ending"; why: string }
  /** None of its processes is left, and all that its journal holds has been delivered. */
  | { is: "gone"; why: string }
  /** It could not be started. */
  | { is: "unstarted"; why: string }
  /**
   * This server has none for the session: an earlier server ended before it had started one, the database was put back
   * from a copy, or the driver was taken from the session.
   */
  | { is: "unknown" }
  /** It is in a place that this server does not reach. Nothing is known of it here. */
  | { is: "elsewhere" };

export interface LossFacts {
  /** Null if no session has the driver, or its session has got another one since. */
  session: SessionState | null;
  isClaimPending: boolean;
  driver: DriverFate;
}

export type LossAnswer =
  /** Nothing is lost, or nothing that a session needs. */
  | { do: "ignore" }
  /** The session stays in CREATING and gets another driver, because of `why`. */
  | { do: "replace"; why: string }
  /** The session is FAILED, with this reason, and the driver must not stay. */
  | { do: "fail"; reason: string | null }
  /** The driver must not stay. A session that is TERMINATING is TERMINATED with this reason when it is gone. */
  | { do: "end"; reason: string };

export function judgeLoss({ session, isClaimPending, driver }: LossFacts): LossAnswer {
  if (driver.is === "alive") return isOver(session) || session === "TERMINATING" ? end : ignore;
  if (session === null || driver.is === "elsewhere") return ignore;
  if (driver.is === "unknown") return withoutDriver(session);
  if (session === "TERMINATING" || session === "TERMINATED") return end;
  if (session === "CREATING" && isClaimPending) return { do: "replace", why: whyReplaced(driver) };
  // It is its session's by now, or the session has failed.
  if (driver.is === "late" && session !== "CREATING") return ignore;
  return { do: "fail", reason: reason(whyFailed(driver)) ?? null };
}

/**
 * How the calculation ends that a lost driver cannot end any more; null if it goes on, or has an end that the driver told.
 * To be asked when the session's own state is stored: until then another calculation may be started.
 */
export function calculationEnd(
  answer: LossAnswer,
  calculation: CalculationExecutionState,
): { state: "FAILED" | "CANCELED"; reason: string | null } | null {
  if (answer.do === "end") return { state: "CANCELED", reason: calculationCanceledBySessionEnd };
  if (answer.do !== "fail") return null;
  return { state: calculation === "CANCELING" ? "CANCELED" : "FAILED", reason: answer.reason };
}

const ignore = { do: "ignore" } as const;
const end = { do: "end", reason: sessionTerminated } as const;

type Lost = Exclude<DriverFate, { is: "alive" } | { is: "unknown" } | { is: "elsewhere" }>;

function isOver(session: SessionState | null): boolean {
  return session === null || isSessionOver(session);
}

function withoutDriver(session: SessionState): LossAnswer {
  if (session === "TERMINATING") return end;
  if (session === "CREATING") return { do: "replace", why: "the server was restarted meanwhile" };
  return isSessionOver(session) ? ignore : { do: "fail", reason: "The session's driver is gone" };
}

function whyReplaced(driver: Lost): string {
  return `the pool member that was given to it ${driver.is === "late" ? "did not answer" : "died"}`;
}

function whyFailed(driver: Lost): string {
  switch (driver.is) {
    case "late": {
      const within = `${String(driver.withinMs / 1000)} s`;
      return `The session was not ready within ${within}. Last lines of its log: ${driver.lastLines}`;
    }
    case "unstarted":
      return `The session could not be started: ${driver.why}`;
    case "ending":
    case "gone":
      return driver.why;
  }
}
