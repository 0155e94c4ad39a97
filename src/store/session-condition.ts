import type { CompiledQuery, Kysely } from "kysely";
import type { SessionCondition } from "../domain/entities.ts";
import type { Schema } from "./schema.ts";

/**
 * Clients poll this by far more often than they ask for anything else. So the query is compiled once, and it
 * leaves out the columns that hold JSON.
 */
export function sessionConditionReader(db: Kysely<Schema>): (id: string) => Promise<SessionCondition | undefined> {
  const query = db
    .selectFrom("sessions")
    .select(["id", "state", "state_reason as stateReason", "created_at as createdAt", "modified_at as modifiedAt"])
    .select(["ended_at as endedAt", "idle_since_at as idleSinceAt"])
    .where("id", "=", "")
    .compile();
  return async (id) => {
    const ofOne: CompiledQuery<SessionCondition> = { ...query, parameters: [id] };
    return (await db.executeQuery(ofOne)).rows[0];
  };
}
