import type { SessionState } from "@aws-sdk/client-athena";

/**
 * The states that a session may go to from each state. A session's state changes only along this table, by a
 * compare-and-set in the store. CREATED is in the API's model, but no session is ever in it: one published
 * client starts calculations as soon as it sees CREATED.
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

/** The states that ListSessions shows if no filter is given, as in the API's model. */
export const listedByDefault: readonly SessionState[] = ["CREATING", "CREATED", "IDLE", "BUSY"];

/** The states in which a session has a driver and counts against the quotas. */
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
