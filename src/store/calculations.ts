import { sql, type Insertable, type Kysely, type Selectable } from "kysely";
import { calculationStatesBefore } from "../domain/calculation-state.ts";
import { calculationCanceled } from "../domain/reasons.ts";
import type { Schema } from "./schema.ts";
import { releaseToken, useToken } from "./tokens.ts";
import type { Calculation } from "../domain/entities.ts";
import type { CalculationEnd, CalculationStore } from "./types.ts";

const unfinished = ["RUNNING", "CANCELING"] as const;

export function calculationStore(db: Kysely<Schema>): CalculationStore {
  return {
    start: (calculation, token) =>
      db.transaction().execute(async (tx) => {
        const earlier = await useToken(tx, token);
        if (earlier) return earlier;
        const busy = await tx
          .updateTable("sessions")
          .set({ state: "BUSY", modified_at: calculation.submittedAt, idle_since_at: null })
          .where("id", "=", calculation.sessionId)
          .where("state", "=", "IDLE")
          .returning("id")
          .executeTakeFirst();
        if (!busy) {
          await releaseToken(tx, token);
          const session = tx.selectFrom("sessions").select("state").where("id", "=", calculation.sessionId);
          return { refused: (await session.executeTakeFirstOrThrow()).state };
        }
        await tx.insertInto("calculations").values(toRow(calculation)).execute();
        return "started" as const;
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
        .where("state", "in", unfinished)
        .executeTakeFirst();
      return row && toCalculation(row);
    },
    async cancel(id) {
      const row = await db
        .updateTable("calculations")
        .set({ state: "CANCELING", state_reason: calculationCanceled })
        .where("id", "=", id)
        .where("state", "in", calculationStatesBefore("CANCELING"))
        .returningAll()
        .executeTakeFirst();
      return row && toCalculation(row);
    },
    async progress(id, progress) {
      await db
        .updateTable("calculations")
        .set({ progress })
        .where("id", "=", id)
        .where("state", "in", unfinished)
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
    .where("state", "in", unfinished)
    .executeTakeFirst();
  if (!found) return undefined;
  // A clock that was set back must not make it end before it began.
  const at = Math.max(end.at, found.submitted_at);
  const canceled = found.state === "CANCELING" || end.state === "CANCELED";
  const row = await tx
    .updateTable("calculations")
    .set({
      state: canceled ? "CANCELED" : end.state,
      state_reason: canceled ? (end.reason ?? calculationCanceled) : end.reason,
      completed_at: at,
      dpu_ms: end.dpuMs,
      ...(end.state === "COMPLETED" && !canceled ? { progress: 100 } : {}),
    })
    .where("id", "=", id)
    .returningAll()
    .executeTakeFirstOrThrow();
  await tx
    .updateTable("sessions")
    .set((eb) => ({ dpu_ms: eb("dpu_ms", "+", end.dpuMs), modified_at: at }))
    .where("id", "=", row.session_id)
    .execute();
  await tx
    .updateTable("sessions")
    .set({ state: "IDLE", idle_since_at: at })
    .where("id", "=", row.session_id)
    .where("state", "=", "BUSY")
    .execute();
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
