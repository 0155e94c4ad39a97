import type { CalculationExecutionState } from "@aws-sdk/client-athena";
import { statesBefore } from "./session-state.ts";

/**
 * Every state of a calculation and where it may go from there. A calculation is RUNNING from the moment it is stored: it is accepted only by an
 * IDLE session, so there is nothing to queue for, and some published clients loop only while they see CREATING, QUEUED or RUNNING.
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

/** States that a calculation can still leave. */
export const unfinishedCalculationStates: readonly CalculationExecutionState[] = (
  Object.keys(calculationTransitions) as CalculationExecutionState[]
).filter((state) => calculationTransitions[state].length > 0);

/** How a calculation in `from` ends whose driver reports `reported`: as CANCELED where the table has no such way. */
export function calculationEndState(
  from: CalculationExecutionState,
  reported: CalculationExecutionState,
): CalculationExecutionState {
  return calculationStatesBefore(reported).includes(from) ? reported : "CANCELED";
}
