import type { CalculationExecutionState, SessionState } from "@aws-sdk/client-athena";
import { calculationCanceledBySessionEnd, reason, sessionTerminated } from "./reasons.ts";
import { isSessionOver } from "./session-state.ts";

/**
 * What the loss of a driver means for its session and for the calculation that it ran. Pure functions. The
 * caller carries the answer out by compare-and-set. If it loses the race against another change, it asks
 * again. So each answer may be carried out twice, and must be idempotent.
 */

/** What the server knows of a driver, and how the driver ended. `why` is a text for clients. */
export type DriverFate =
  /** As far as the server knows, the driver lives. */
  | { is: "alive" }
  /** The driver lives, but has not become ready, or has not answered its claim, within this time. */
  | { is: "late"; withinMs: number; lastLines: string }
  /** The driver has reported that it ends itself, together with the end of the calculation that it ran. */
  | { is: "ending"; why: string }
  /** None of the driver's processes is left, and all events of its journal have been delivered. */
  | { is: "gone"; why: string }
  /** The driver could not be started. */
  | { is: "unstarted"; why: string }
  /**
   * This server knows no driver of the session. Either an earlier server died before it started a driver, or
   * the database was restored from a copy, or the driver was taken from the session.
   */
  | { is: "unknown" }
  /** The driver is in a place that this server does not reach, so its fate is unknown here. */
  | { is: "elsewhere" };

export interface LossFacts {
  /** Null if the driver belongs to no session, or if its session has got another driver since. */
  session: SessionState | null;
  isClaimPending: boolean;
  driver: DriverFate;
}

export type LossAnswer =
  /** Nothing is lost, or nothing that a session needs. */
  | { do: "ignore" }
  /**
   * The session stays in CREATING and gets another driver, for the reason `why`. The starter that waits for
   * the claim launches the driver. If no starter is at work, as after a server's start, the reconciler does.
   */
  | { do: "replace"; why: string }
  /** The session becomes FAILED with this reason, and the driver must be ended. */
  | { do: "fail"; reason: string | null }
  /**
   * The driver must be ended. When it is gone, a session in TERMINATING becomes TERMINATED with this reason.
   */
  | { do: "end"; reason: string };

export function judgeLoss({ session, isClaimPending, driver }: LossFacts): LossAnswer {
  if (driver.is === "alive") return isOver(session) || session === "TERMINATING" ? end : ignore;
  if (session === null || driver.is === "elsewhere") return ignore;
  if (driver.is === "unknown") return withoutDriver(session);
  if (session === "TERMINATING" || session === "TERMINATED") return end;
  if (session === "CREATING" && isClaimPending) return { do: "replace", why: whyReplaced(driver) };
  // The driver was late, but meanwhile it began to serve its session, or the session has failed.
  if (driver.is === "late" && session !== "CREATING") return ignore;
  return { do: "fail", reason: reason(whyFailed(driver)) ?? null };
}

/**
 * How a calculation ends whose driver was lost. Null if the calculation goes on, or if the driver has
 * reported its end. Call this after the session's new state is stored: until then, the session may start
 * another calculation.
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
