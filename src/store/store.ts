import { Kysely } from "kysely";
import { v4 } from "uuid";
import { calculationStore } from "./calculations.ts";
import { driverStore } from "./drivers.ts";
import { migrate } from "./migrations.ts";
import { nodeSqliteDialect } from "./node-sqlite.ts";
import type { Schema } from "./schema.ts";
import { sessionStore } from "./sessions.ts";
import { tokenStore } from "./tokens.ts";
import type { Store } from "./types.ts";
import { workGroupStore } from "./work-groups.ts";

/** Opens (and makes or migrates) the database file; `:memory:` works too. */
export async function openStore(path: string): Promise<Store> {
  const db = new Kysely<Schema>({ dialect: nodeSqliteDialect(path) });
  try {
    await migrate(db as unknown as Kysely<unknown>);
    const nodeId = await findOrMakeNodeId(db);
    return {
      nodeId,
      workGroups: workGroupStore(db),
      sessions: sessionStore(db, nodeId),
      calculations: calculationStore(db),
      drivers: driverStore(db, nodeId),
      tokens: tokenStore(db),
      close: () => db.destroy(),
    };
  } catch (error) {
    await db.destroy();
    throw error;
  }
}

async function findOrMakeNodeId(db: Kysely<Schema>): Promise<string> {
  const known = await db.selectFrom("node").select("id").executeTakeFirst();
  if (known) return known.id;
  const id = v4();
  await db.insertInto("node").values({ id, created_at: Date.now() }).execute();
  return id;
}
