import { sql, type Insertable, type Kysely, type Selectable } from "kysely";
import { calculationEndState, unfinishedCalculationStates } from "../domain/calculation-state.ts";
import { calculationCanceled } from "../domain/reasons.ts";
import { moveCalculation, moveSession } from "./moves.ts";
import type { Schema } from "./schema.ts";
import { done, once } from "./tokens.ts";
import type { Calculation } from "../domain/entities.ts";
import type { CalculationEnd, CalculationStore } from "./types.ts";

export function calculationStore(db: Kysely<Schema>): CalculationStore {
  return {
    start: (calculation, token) =>
      once(db, token, async (tx) => {
        const busy = await moveSession(tx, calculation.sessionId, "BUSY", ["IDLE"])
          .set({ modified_at: calculation.submittedAt, idle_since_at: null })
          .returning("id")
          .executeTakeFirst();
        if (!busy) {
          const session = tx.selectFrom("sessions").select("state").where("id", "=", calculation.sessionId);
          return { refused: (await session.executeTakeFirstOrThrow()).state };
        }
        await tx.insertInto("calculations").values(toRow(calculation)).execute();
        return done("started");
      }),
    async find(id) {
      const row = await db.selectFrom("calculations").selectAll().where("id", "=", id).executeTakeFirst();
      return row && toCalculation(row);
    },
    async list({ sessionId, state, after, limit }) {
      let query = db
        .selectFrom("calculations")
        .selectAll()
        .where("session_id", "=", sessionId)
        .orderBy("submitted_at", "desc")
        .orderBy("id", "desc")
        .limit(limit);
      if (state) query = query.where("state", "=", state);
      if (after) query = query.where(sql<boolean>`(submitted_at, id) < (${after.at}, ${after.id})`);
      return (await query.execute()).map(toCalculation);
    },
    async current(sessionId) {
      const row = await db
        .selectFrom("calculations")
        .selectAll()
        .where("session_id", "=", sessionId)
        .where("state", "in", unfinishedCalculationStates)
        .executeTakeFirst();
      return row && toCalculation(row);
    },
    async cancel(id) {
      const row = await moveCalculation(db, id, "CANCELING")
        .set({ state_reason: calculationCanceled })
        .returningAll()
        .executeTakeFirst();
      return row && toCalculation(row);
    },
    async progress(id, progress) {
      await db
        .updateTable("calculations")
        .set({ progress })
        .where("id", "=", id)
        .where("state", "in", unfinishedCalculationStates)
        .where("progress", "<", progress)
        .execute();
    },
    finish: (id, end) => db.transaction().execute((tx) => finish(tx, id, end)),
  };
}

async function finish(tx: Kysely<Schema>, id: string, end: CalculationEnd): Promise<Calculation | undefined> {
  const found = await tx
    .selectFrom("calculations")
    .select(["state", "submitted_at"])
    .where("id", "=", id)
    .executeTakeFirst();
  if (!found) return undefined;
  // If the clock was set back meanwhile, the calculation ends at the instant when it was submitted, not
  // before.
  const at = Math.max(end.at, found.submitted_at);
  const state = calculationEndState(found.state, end.state);
  const row = await moveCalculation(tx, id, state)
    .set({
      state_reason: state === "CANCELED" ? (end.reason ?? calculationCanceled) : end.reason,
      completed_at: at,
      dpu_ms: end.dpuMs,
      ...(state === "COMPLETED" ? { progress: 100 } : {}),
    })
    .returningAll()
    .executeTakeFirst();
  if (!row) return undefined;
  await tx
    .updateTable("sessions")
    .set((eb) => ({ dpu_ms: eb("dpu_ms", "+", end.dpuMs), modified_at: at }))
    .where("id", "=", row.session_id)
    .execute();
  await moveSession(tx, row.session_id, "IDLE", ["BUSY"]).set({ idle_since_at: at }).execute();
  return toCalculation(row);
}

function toRow(calculation: Calculation): Insertable<Schema["calculations"]> {
  return {
    id: calculation.id,
    session_id: calculation.sessionId,
    description: calculation.description,
    state: calculation.state,
    state_reason: calculation.stateReason,
    code: calculation.code,
    working_directory: calculation.workingDirectory,
    submitted_at: calculation.submittedAt,
    completed_at: calculation.completedAt,
    progress: calculation.progress,
    dpu_ms: calculation.dpuMs,
  };
}

function toCalculation(row: Selectable<Schema["calculations"]>): Calculation {
  return {
    id: row.id,
    sessionId: row.session_id,
    description: row.description,
    state: row.state,
    stateReason: row.state_reason,
    code: row.code,
    workingDirectory: row.working_directory,
    submittedAt: row.submitted_at,
    completedAt: row.completed_at,
    progress: row.progress,
    dpuMs: row.dpu_ms,
  };
}
