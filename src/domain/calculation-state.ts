import type { CalculationExecutionState } from "@aws-sdk/client-athena";
import { statesBefore } from "./session-state.ts";

/**
 * The states that a calculation may go to from each state. A calculation is RUNNING from the moment it is
 * stored, for two reasons: only an IDLE session accepts a calculation, so a calculation never waits in a
 * queue; and some published clients poll only while they see CREATING, QUEUED or RUNNING.
 */
export const calculationTransitions = {
  CREATING: [],
  CREATED: [],
  QUEUED: [],
  RUNNING: ["COMPLETED", "FAILED", "CANCELING", "CANCELED"],
  CANCELING: ["CANCELED"],
  CANCELED: [],
  COMPLETED: [],
  FAILED: [],
} as const satisfies Record<CalculationExecutionState, readonly CalculationExecutionState[]>;

export function isCalculationOver(state: CalculationExecutionState): boolean {
  return state === "COMPLETED" || state === "FAILED" || state === "CANCELED";
}

export function calculationStatesBefore(to: CalculationExecutionState): CalculationExecutionState[] {
  return statesBefore(calculationTransitions, to);
}

/** The states of a calculation that has not ended. */
export const unfinishedCalculationStates: readonly CalculationExecutionState[] = (
  Object.keys(calculationTransitions) as CalculationExecutionState[]
).filter((state) => calculationTransitions[state].length > 0);

/**
 * The state in which a calculation in `from` ends if its driver reports `reported`: that state if the table
 * allows the transition, else CANCELED.
 */
export function calculationEndState(
  from: CalculationExecutionState,
  reported: CalculationExecutionState,
): CalculationExecutionState {
  return calculationStatesBefore(reported).includes(from) ? reported : "CANCELED";
}
