import type { Kysely } from "kysely";
import type { SessionCondition } from "../domain/entities.ts";
import type { Schema } from "./schema.ts";

/** By far the most frequent query: compiled once, and without the columns that hold JSON. */
export function sessionConditionReader(db: Kysely<Schema>): (id: string) => Promise<SessionCondition | undefined> {
  const query = db
    .selectFrom("sessions")
    .select(["id", "state", "state_reason as stateReason", "created_at as createdAt", "modified_at as modifiedAt"])
    .select(["ended_at as endedAt", "idle_since_at as idleSinceAt"])
    .where("id", "=", "")
    .compile();
  return async (id) => (await db.executeQuery<SessionCondition>({ ...query, parameters: [id] })).rows[0];
}
