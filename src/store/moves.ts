import type { CalculationExecutionState, SessionState } from "@aws-sdk/client-athena";
import type { Kysely } from "kysely";
import { calculationStatesBefore } from "../domain/calculation-state.ts";
import { sessionStatesBefore } from "../domain/session-state.ts";
import type { Schema } from "./schema.ts";

// Only these statements change a state. Each is a compare-and-set along the tables in src/domain: it changes
// nothing if the table has no transition from the present state to `to`.

/**
 * `from` narrows the states that the session may be in. Throws if the table has no transition to `to` from
 * any of them.
 */
export function moveSession(db: Kysely<Schema>, id: string, to: SessionState, from?: readonly SessionState[]) {
  const states = sessionStatesBefore(to).filter((state) => !from || from.includes(state));
  if (states.length === 0) throw new Error(`No way from ${String(from)} to ${to} in the table of session states`);
  return db.updateTable("sessions").set({ state: to }).where("id", "=", id).where("state", "in", states);
}

export function moveCalculation(db: Kysely<Schema>, id: string, to: CalculationExecutionState) {
  return db
    .updateTable("calculations")
    .set({ state: to })
    .where("id", "=", id)
    .where("state", "in", calculationStatesBefore(to));
}
