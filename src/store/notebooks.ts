import { sql, type Insertable, type Kysely, type Selectable } from "kysely";
import { activeSessionStates } from "../domain/session-state.ts";
import type { Notebook } from "../domain/entities.ts";
import type { Schema } from "./schema.ts";
import { done, once } from "./tokens.ts";
import { hasWorkGroup } from "./work-groups.ts";
import type { NotebookInUse, NotebookStore, NotItsSession } from "./types.ts";

export function notebookStore(db: Kysely<Schema>): NotebookStore {
  return {
    insert: (notebook, payload, token) =>
      once(db, token, async (tx) => {
        if (!(await hasWorkGroup(tx, notebook.workGroup))) return "noWorkGroup";
        if (await isTaken(tx, notebook)) return "nameTaken";
        await tx.insertInto("notebooks").values(toRow(notebook)).execute();
        await tx.insertInto("notebook_payloads").values({ notebook_id: notebook.id, payload }).execute();
        return done("inserted");
      }),
    find: (id) => findNotebook(db, id),
    async read(id) {
      const row = await db
        .selectFrom("notebooks")
        .innerJoin("notebook_payloads", "notebook_payloads.notebook_id", "notebooks.id")
        .selectAll("notebooks")
        .select("payload")
        .where("id", "=", id)
        .executeTakeFirst();
      return row && { notebook: toNotebook(row), payload: row.payload };
    },
    async list({ workGroup, nameContains, after, limit }) {
      let query = db
        .selectFrom("notebooks")
        .selectAll()
        .where("work_group", "=", workGroup)
        .orderBy("created_at", "desc")
        .orderBy("id", "desc")
        .limit(limit);
      // `replace` tests whether the name contains the text, and SQLite and PostgreSQL agree on it. LIKE
      // ignores case in SQLite, but not in PostgreSQL.
      if (nameContains !== undefined) query = query.where(sql<boolean>`replace(name, ${nameContains}, '') <> name`);
      if (after) query = query.where(sql<boolean>`(created_at, id) < (${after.at}, ${after.id})`);
      return (await query.execute()).map(toNotebook);
    },
    save: (id, payload, { at, sessionId, token }) =>
      once(db, token, async (tx) => {
        if (!(await findNotebook(tx, id))) return "unknown";
        const refusal = await refusedSaver(tx, id, sessionId);
        if (refusal) return refusal;
        await tx.updateTable("notebook_payloads").set({ payload }).where("notebook_id", "=", id).execute();
        await tx.updateTable("notebooks").set({ modified_at: at }).where("id", "=", id).execute();
        return done("saved");
      }),
    rename: (id, name, { at, token }) =>
      once(db, token, async (tx) => {
        const notebook = await findNotebook(tx, id);
        if (!notebook) return "unknown";
        const inUseBy = await activeSessionOf(tx, id);
        if (inUseBy !== undefined) return { inUseBy };
        if (await isTaken(tx, { ...notebook, name })) return "nameTaken";
        await tx.updateTable("notebooks").set({ name, modified_at: at }).where("id", "=", id).execute();
        return done("renamed");
      }),
    delete: (id) =>
      db.transaction().execute(async (tx) => {
        const inUseBy = await activeSessionOf(tx, id);
        if (inUseBy !== undefined) return { inUseBy };
        const { numDeletedRows } = await tx.deleteFrom("notebooks").where("id", "=", id).executeTakeFirst();
        return numDeletedRows === 1n ? "deleted" : "unknown";
      }),
    async activeSessions(id, { after, limit }) {
      let query = sessionsOf(db, id)
        .where("state", "in", activeSessionStates)
        .orderBy("created_at", "desc")
        .orderBy("id", "desc")
        .limit(limit);
      if (after) query = query.where(sql<boolean>`(created_at, id) < (${after.at}, ${after.id})`);
      return (await query.execute()).map((row) => ({ id: row.id, createdAt: row.created_at }));
    },
  };
}

/** The id of the notebook's active session. A notebook has at most one. */
export async function activeSessionOf(tx: Kysely<Schema>, notebookId: string): Promise<string | undefined> {
  const row = await sessionsOf(tx, notebookId).where("state", "in", activeSessionStates).executeTakeFirst();
  return row?.id;
}

async function isTaken(tx: Kysely<Schema>, { id, workGroup, name }: Notebook): Promise<boolean> {
  const other = await tx
    .selectFrom("notebooks")
    .select("id")
    .where("work_group", "=", workGroup)
    .where("name", "=", name)
    .where("id", "<>", id)
    .executeTakeFirst();
  return other !== undefined;
}

/**
 * Why `sessionId` may not save; undefined if it may. While a session of the notebook is active, only that
 * session may save. Otherwise a caller without a session may save, and so may an editor whose session of this
 * notebook has ended, because its last changes must not be lost.
 */
async function refusedSaver(
  tx: Kysely<Schema>,
  id: string,
  sessionId: string | undefined,
): Promise<NotebookInUse | NotItsSession | undefined> {
  const inUseBy = await activeSessionOf(tx, id);
  if (inUseBy !== undefined) return inUseBy === sessionId ? undefined : { inUseBy };
  if (sessionId === undefined) return undefined;
  const own = await sessionsOf(tx, id).where("id", "=", sessionId).executeTakeFirst();
  return own ? undefined : "notItsSession";
}

function sessionsOf(db: Kysely<Schema>, notebookId: string) {
  return db.selectFrom("sessions").select(["id", "created_at"]).where("notebook_id", "=", notebookId);
}

async function findNotebook(db: Kysely<Schema>, id: string): Promise<Notebook | undefined> {
  const row = await db.selectFrom("notebooks").selectAll().where("id", "=", id).executeTakeFirst();
  return row && toNotebook(row);
}

function toRow(notebook: Notebook): Insertable<Schema["notebooks"]> {
  return {
    id: notebook.id,
    work_group: notebook.workGroup,
    name: notebook.name,
    created_at: notebook.createdAt,
    modified_at: notebook.modifiedAt,
  };
}

function toNotebook(row: Selectable<Schema["notebooks"]>): Notebook {
  return {
    id: row.id,
    workGroup: row.work_group,
    name: row.name,
    createdAt: row.created_at,
    modifiedAt: row.modified_at,
  };
}
