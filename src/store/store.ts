import { Kysely } from "kysely";
import { v4 } from "uuid";
import { newSecret } from "../domain/ids.ts";
import { packageVersion } from "../lib/package-root.ts";
import { calculationStore } from "./calculations.ts";
import { explainDamage, requireWhole } from "./damage.ts";
import { driverStore } from "./drivers.ts";
import { migrate } from "./migrations.ts";
import { notebookStore } from "./notebooks.ts";
import { requireNotNewer } from "./newer.ts";
import { nodeSqliteDialect } from "./node-sqlite.ts";
import { undeliveredLogStore } from "./undelivered-logs.ts";
import { retentionStore } from "./retention.ts";
import type { Schema } from "./schema.ts";
import { sessionStore } from "./sessions.ts";
import { tagStore } from "./tags.ts";
import { tokenStore } from "./tokens.ts";
import type { Store } from "./types.ts";
import { workGroupStore } from "./work-groups.ts";

/**
 * Opens the database file; makes it if it does not exist, and migrates it. `:memory:` works too. Rejects with
 * DatabaseDamaged if the file is damaged, and with DatabaseTooNew if a later version of Glaux has changed it.
 * Both leave the file as it is.
 */
export async function openStore(path: string): Promise<Store> {
  requireNotNewer(path);
  const db = new Kysely<Schema>({ dialect: nodeSqliteDialect(path) });
  try {
    await requireWhole(db, path);
    await migrate(db as unknown as Kysely<unknown>);
    const node = await findOrMakeNode(db);
    return {
      nodeId: node.id,
      secret: node.secret,
      workGroups: workGroupStore(db),
      sessions: sessionStore(db, node.id),
      calculations: calculationStore(db),
      notebooks: notebookStore(db),
      drivers: driverStore(db, node.id),
      undeliveredLogs: undeliveredLogStore(db, node.id),
      tags: tagStore(db),
      tokens: tokenStore(db),
      retention: retentionStore(db, node.id),
      close: () => db.destroy(),
    };
  } catch (error) {
    await db.destroy();
    throw explainDamage(error, path);
  }
}

async function findOrMakeNode(db: Kysely<Schema>): Promise<{ id: string; secret: string }> {
  const version = packageVersion();
  const known = await db.selectFrom("node").select(["id", "secret", "version"]).executeTakeFirst();
  if (known) {
    if (known.version !== version) await db.updateTable("node").set({ version }).execute();
    return known;
  }
  const node = { id: v4(), secret: newSecret(), version };
  await db
    .insertInto("node")
    .values({ ...node, created_at: Date.now() })
    .execute();
  return node;
}
