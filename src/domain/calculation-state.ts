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
