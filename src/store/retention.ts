import type { Kysely } from "kysely";
import { resourcePath } from "../domain/arn.ts";
import type { Schema } from "./schema.ts";
import { deleteTags } from "./tags.ts";
import type { RetentionStore } from "./types.ts";

export function retentionStore(db: Kysely<Schema>, nodeId: string): RetentionStore {
  return {
    async expired(before, limit) {
      const rows = await db
        .selectFrom("sessions")
        .select(["id", "work_group"])
        .where("ended_at", "<", before)
        .where("node_id", "=", nodeId)
        .where((eb) =>
          eb.not(
            eb.exists(
              eb
                .selectFrom("drivers")
                .select("drivers.id")
                .whereRef("drivers.session_id", "=", "sessions.id")
                .where("drivers.state", "=", "live"),
            ),
          ),
        )
        .orderBy("ended_at")
        .limit(limit)
        .execute();
      return rows.map((row) => ({ id: row.id, workGroup: row.work_group }));
    },
    async forgetCalculations(sessionId, limit) {
      const some = db.selectFrom("calculations").select("id").where("session_id", "=", sessionId).limit(limit);
      const { numDeletedRows } = await db.deleteFrom("calculations").where("id", "in", some).executeTakeFirst();
      return Number(numDeletedRows);
    },
    forgetSession: (session) =>
      db.transaction().execute(async (tx) => {
        await tx.deleteFrom("calculations").where("session_id", "=", session.id).execute();
        const drivers = await tx.deleteFrom("drivers").where("session_id", "=", session.id).returning("id").execute();
        await deleteTags(tx, resourcePath({ kind: "session", ...session }));
        await tx.deleteFrom("sessions").where("id", "=", session.id).execute();
        return drivers.map(({ id }) => id);
      }),
    async forgetUnclaimedDrivers(before, limit) {
      const some = db
        .selectFrom("drivers")
        .select("id")
        .where("node_id", "=", nodeId)
        .where("state", "=", "ended")
        .where("session_id", "is", null)
        .where("created_at", "<", before)
        .limit(limit);
      return (await db.deleteFrom("drivers").where("id", "in", some).returning("id").execute()).map(({ id }) => id);
    },
    async knownDrivers(ids) {
      const rows = await db.selectFrom("drivers").select("id").where("id", "in", ids).execute();
      return new Set(rows.map(({ id }) => id));
    },
  };
}
