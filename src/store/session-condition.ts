import type { CompiledQuery, Kysely } from "kysely";
import type { SessionCondition } from "../domain/entities.ts";
import type { NodeSqliteDialect } from "./node-sqlite.ts";
import type { Schema } from "./schema.ts";

/** By far the most frequent query: compiled once, without the columns that hold JSON, and without a turn on the connection where it needs none. */
export function sessionConditionReader(
  db: Kysely<Schema>,
  dialect: Pick<NodeSqliteDialect, "readSynchronously">,
): (id: string) => Promise<SessionCondition | undefined> {
  const query = db
    .selectFrom("sessions")
    .select(["id", "state", "state_reason as stateReason", "created_at as createdAt", "modified_at as modifiedAt"])
    .select(["ended_at as endedAt", "idle_since_at as idleSinceAt"])
    .where("id", "=", "")
    .compile();
  return async (id) => {
    const ofOne: CompiledQuery<SessionCondition> = { ...query, parameters: [id] };
    return (dialect.readSynchronously(ofOne) ?? (await db.executeQuery(ofOne)).rows)[0];
  };
}
