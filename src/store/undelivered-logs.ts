import type { Kysely } from "kysely";
import type { Session } from "../domain/entities.ts";
import type { Schema } from "./schema.ts";
import type { UndeliveredLogStore } from "./types.ts";

export function undeliveredLogStore(db: Kysely<Schema>, nodeId: string): UndeliveredLogStore {
  return {
    async list() {
      const rows = await db.selectFrom("owed_logs").select("session_id").where("node_id", "=", nodeId).execute();
      return rows.map((row) => row.session_id);
    },
    async has(sessionId) {
      const query = db.selectFrom("owed_logs").select("session_id").where("session_id", "=", sessionId);
      return (await query.executeTakeFirst()) !== undefined;
    },
    async delivered(sessionId) {
      await db.deleteFrom("owed_logs").where("session_id", "=", sessionId).execute();
    },
  };
}

export async function noteUndelivered(db: Kysely<Schema>, session: Pick<Session, "id" | "nodeId">): Promise<void> {
  await db.insertInto("owed_logs").values({ session_id: session.id, node_id: session.nodeId }).execute();
}
