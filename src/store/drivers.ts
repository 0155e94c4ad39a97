import type { Kysely, Selectable } from "kysely";
import type { Schema } from "./schema.ts";
import type { DriverHandle, DriverRow, DriverStore } from "./types.ts";

export function driverStore(db: Kysely<Schema>, nodeId: string): DriverStore {
  const change = (id: string, columns: Partial<Schema["drivers"]>) =>
    db.updateTable("drivers").set(columns).where("id", "=", id).execute();
  return {
    async insert(driver) {
      await db
        .insertInto("drivers")
        .values({
          id: driver.id,
          node_id: nodeId,
          session_id: driver.sessionId,
          engine_id: driver.engineId,
          place: driver.place,
          handle: JSON.stringify(driver.handle),
          token: driver.token,
          tag: driver.tag,
          protocol: driver.protocol,
          fingerprint: driver.fingerprint,
          acked_seq: driver.ackedSeq,
          state: driver.state,
          created_at: driver.createdAt,
        })
        .execute();
    },
    async placed(id, handle) {
      await change(id, { handle: JSON.stringify(handle) });
    },
    async acked(id, seq) {
      await change(id, { acked_seq: seq });
    },
    async unclaim(id) {
      await change(id, { session_id: null });
    },
    async ended(id) {
      await change(id, { state: "ended" });
    },
    async live() {
      const rows = await db
        .selectFrom("drivers")
        .selectAll()
        .where("node_id", "=", nodeId)
        .where("state", "=", "live")
        .orderBy("created_at")
        .execute();
      return rows.map(toDriver);
    },
    async ofSession(sessionId) {
      const row = await db
        .selectFrom("drivers")
        .selectAll()
        .where("session_id", "=", sessionId)
        .orderBy("created_at", "desc")
        .executeTakeFirst();
      return row && toDriver(row);
    },
  };
}

/**
 * Gives the session the first of these pool members that is live and belongs to no session, and returns its
 * id. Returns undefined if there is no such member.
 */
export async function claimFirst(
  tx: Kysely<Schema>,
  driverIds: readonly string[],
  sessionId: string,
): Promise<string | undefined> {
  for (const id of driverIds) {
    const claimed = await tx
      .updateTable("drivers")
      .set({ session_id: sessionId })
      .where("id", "=", id)
      .where("session_id", "is", null)
      .where("state", "=", "live")
      .returning("id")
      .executeTakeFirst();
    if (claimed) return id;
  }
  return undefined;
}

function toDriver(row: Selectable<Schema["drivers"]>): DriverRow {
  return {
    id: row.id,
    sessionId: row.session_id,
    engineId: row.engine_id,
    place: row.place,
    handle: JSON.parse(row.handle) as DriverHandle,
    token: row.token,
    tag: row.tag,
    protocol: row.protocol,
    fingerprint: row.fingerprint,
    ackedSeq: row.acked_seq,
    state: row.state,
    createdAt: row.created_at,
  };
}
