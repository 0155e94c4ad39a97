import type { SessionState } from "@aws-sdk/client-athena";

/**
 * Every state of a session and where it may go from there. A state changes only along this table, by a compare-and-set in the store.
 * CREATED is in the model, but never shown: one published client starts calculations as soon as it sees it.
 */
export const sessionTransitions = {
  CREATING: ["IDLE", "TERMINATING", "FAILED"],
  CREATED: [],
  IDLE: ["BUSY", "DEGRADED", "TERMINATING", "FAILED"],
  BUSY: ["IDLE", "DEGRADED", "TERMINATING", "FAILED"],
  DEGRADED: ["IDLE", "BUSY", "TERMINATING", "FAILED"],
  TERMINATING: ["TERMINATED"],
  TERMINATED: [],
  FAILED: [],
} as const satisfies Record<SessionState, readonly SessionState[]>;

/** What ListSessions shows when no filter is given, as the API model says. */
export const listedByDefault: readonly SessionState[] = ["CREATING", "CREATED", "IDLE", "BUSY"];

/** States of a session that holds a driver and a place in the quota. */
export const activeSessionStates: readonly SessionState[] = ["CREATING", "IDLE", "BUSY", "DEGRADED"];

export function isSessionOver(state: SessionState): boolean {
  return state === "TERMINATED" || state === "FAILED";
}

/** The states from which `to` may be reached. */
export function sessionStatesBefore(to: SessionState): SessionState[] {
  return statesBefore(sessionTransitions, to);
}

/** The keys of a transition table whose row contains `to`. */
export function statesBefore<S extends string>(table: Record<S, readonly S[]>, to: S): S[] {
  return (Object.keys(table) as S[]).filter((from) => table[from].includes(to));
}
