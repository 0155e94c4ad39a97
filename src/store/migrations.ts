import type { Kysely } from "kysely";
import { Migrator, type Migration } from "kysely/migration";

/**
 * Run in the order of their names. A migration that has been released is never changed. Column types are
 * limited to those that SQLite and PostgreSQL share.
 */
export const migrations: Record<string, Migration> = {
  "0001-first-light": {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable("node")
        .addColumn("id", "text", (c) => c.primaryKey())
        .addColumn("secret", "text", (c) => c.notNull())
        .addColumn("created_at", "bigint", (c) => c.notNull())
        .execute();
      await db.schema
        .createTable("work_groups")
        .addColumn("name", "text", (c) => c.primaryKey())
        .addColumn("state", "text", (c) => c.notNull())
        .addColumn("description", "text")
        .addColumn("configuration", "text", (c) => c.notNull())
        .addColumn("tags", "text", (c) => c.notNull())
        .addColumn("created_at", "bigint", (c) => c.notNull())
        .execute();
      await db.schema
        .createTable("sessions")
        .addColumn("id", "text", (c) => c.primaryKey())
        .addColumn("node_id", "text", (c) => c.notNull())
        .addColumn("work_group", "text", (c) => c.notNull())
        .addColumn("description", "text")
        .addColumn("engine_id", "text", (c) => c.notNull())
        .addColumn("engine_version", "text", (c) => c.notNull())
        .addColumn("state", "text", (c) => c.notNull())
        .addColumn("state_reason", "text")
        .addColumn("engine_configuration", "text", (c) => c.notNull())
        .addColumn("spark_conf", "text", (c) => c.notNull())
        .addColumn("notebook_version", "text")
        .addColumn("monitoring", "text")
        .addColumn("execution_role", "text")
        .addColumn("working_directory", "text", (c) => c.notNull())
        .addColumn("idle_timeout_s", "integer", (c) => c.notNull())
        .addColumn("tags", "text", (c) => c.notNull())
        .addColumn("created_at", "bigint", (c) => c.notNull())
        .addColumn("modified_at", "bigint", (c) => c.notNull())
        .addColumn("ended_at", "bigint")
        .addColumn("idle_since_at", "bigint")
        .addColumn("dpu_ms", "bigint", (c) => c.notNull())
        .execute();
      await db.schema
        .createIndex("sessions_newest_first")
        .on("sessions")
        .columns(["work_group", "created_at", "id"])
        .execute();
      await db.schema.createIndex("sessions_by_state").on("sessions").columns(["state"]).execute();
      await db.schema
        .createTable("calculations")
        .addColumn("id", "text", (c) => c.primaryKey())
        .addColumn("session_id", "text", (c) => c.notNull())
        .addColumn("description", "text")
        .addColumn("state", "text", (c) => c.notNull())
        .addColumn("state_reason", "text")
        .addColumn("code", "text", (c) => c.notNull())
        .addColumn("working_directory", "text", (c) => c.notNull())
        .addColumn("submitted_at", "bigint", (c) => c.notNull())
        .addColumn("completed_at", "bigint")
        .addColumn("progress", "integer", (c) => c.notNull())
        .addColumn("dpu_ms", "bigint", (c) => c.notNull())
        .execute();
      await db.schema
        .createIndex("calculations_newest_first")
        .on("calculations")
        .columns(["session_id", "submitted_at", "id"])
        .execute();
      await db.schema
        .createIndex("calculations_by_state")
        .on("calculations")
        .columns(["session_id", "state"])
        .execute();
      await db.schema
        .createTable("drivers")
        .addColumn("id", "text", (c) => c.primaryKey())
        .addColumn("node_id", "text", (c) => c.notNull())
        .addColumn("session_id", "text")
        .addColumn("engine_id", "text", (c) => c.notNull())
        .addColumn("folder", "text", (c) => c.notNull())
        .addColumn("socket_path", "text", (c) => c.notNull())
        .addColumn("token", "text", (c) => c.notNull())
        .addColumn("tag", "text", (c) => c.notNull())
        .addColumn("pid", "integer")
        .addColumn("pid_started_ticks", "bigint")
        .addColumn("protocol", "integer", (c) => c.notNull())
        .addColumn("fingerprint", "text", (c) => c.notNull())
        .addColumn("acked_seq", "bigint", (c) => c.notNull())
        .addColumn("state", "text", (c) => c.notNull())
        .addColumn("created_at", "bigint", (c) => c.notNull())
        .execute();
      await db.schema.createIndex("drivers_by_session").on("drivers").columns(["session_id"]).execute();
      await db.schema.createIndex("drivers_by_state").on("drivers").columns(["state"]).execute();
      await db.schema
        .createTable("tokens")
        .addColumn("operation", "text", (c) => c.notNull())
        .addColumn("token", "text", (c) => c.notNull())
        .addColumn("digest", "text", (c) => c.notNull())
        .addColumn("answer", "text", (c) => c.notNull())
        .addColumn("created_at", "bigint", (c) => c.notNull())
        .addPrimaryKeyConstraint("tokens_pk", ["operation", "token"])
        .execute();
    },
  },
  "0002-notebooks": {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable("notebooks")
        .addColumn("id", "text", (c) => c.primaryKey())
        .addColumn("work_group", "text", (c) => c.notNull())
        .addColumn("name", "text", (c) => c.notNull())
        .addColumn("created_at", "bigint", (c) => c.notNull())
        .addColumn("modified_at", "bigint", (c) => c.notNull())
        .addUniqueConstraint("notebooks_by_name", ["work_group", "name"])
        .execute();
      await db.schema
        .createIndex("notebooks_newest_first")
        .on("notebooks")
        .columns(["work_group", "created_at", "id"])
        .execute();
      // Payloads have a table of their own, because a list of notebooks must not read megabytes of content.
      await db.schema
        .createTable("notebook_payloads")
        .addColumn("notebook_id", "text", (c) => c.primaryKey().references("notebooks.id").onDelete("cascade"))
        .addColumn("payload", "text", (c) => c.notNull())
        .execute();
      await db.schema.alterTable("sessions").addColumn("notebook_id", "text").execute();
      await db.schema.createIndex("sessions_by_notebook").on("sessions").columns(["notebook_id"]).execute();
    },
  },
  "0003-tags": {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable("tags")
        .addColumn("resource", "text", (c) => c.notNull())
        .addColumn("key", "text", (c) => c.notNull())
        .addColumn("value", "text", (c) => c.notNull())
        .addPrimaryKeyConstraint("tags_pk", ["resource", "key"])
        .execute();
      // These columns were written, but no operation could show their tags.
      await db.schema.alterTable("work_groups").dropColumn("tags").execute();
      await db.schema.alterTable("sessions").dropColumn("tags").execute();
      await db.schema.alterTable("sessions").addColumn("encryption", "text").execute();
    },
  },
  "0004-sessions-by-state": {
    async up(db: Kysely<unknown>) {
      // Every list of sessions is limited to some states. With an index by time alone, SQLite searched all
      // sessions that ever were for the few active ones.
      await db.schema.dropIndex("sessions_newest_first").execute();
      await db.schema
        .createIndex("sessions_by_state_newest_first")
        .on("sessions")
        .columns(["work_group", "state", "created_at", "id"])
        .execute();
    },
  },
  "0005-owed-logs": {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable("owed_logs")
        .addColumn("session_id", "text", (c) => c.primaryKey())
        .addColumn("node_id", "text", (c) => c.notNull())
        .execute();
    },
  },
  "0006-dpus": {
    async up(db: Kysely<unknown>) {
      await db.schema
        .alterTable("sessions")
        .addColumn("max_dpus", "integer", (c) => c.notNull().defaultTo(0))
        .execute();
      // Only active sessions count against the quotas, so only they need `max_dpus`.
      const sessions = db as Kysely<{
        sessions: { id: string; state: string; engine_configuration: string; max_dpus: number };
      }>;
      const active = await sessions
        .selectFrom("sessions")
        .select(["id", "engine_configuration"])
        .where("state", "not in", ["TERMINATED", "FAILED"])
        .execute();
      for (const { id, engine_configuration } of active) {
        const { MaxConcurrentDpus = 20 } = JSON.parse(engine_configuration) as { MaxConcurrentDpus?: number };
        await sessions.updateTable("sessions").set({ max_dpus: MaxConcurrentDpus }).where("id", "=", id).execute();
      }
    },
  },
  "0007-ended-sessions": {
    async up(db: Kysely<unknown>) {
      // Retention repeatedly looks for sessions that ended long ago. Without this index, each search reads
      // all sessions that ever were.
      await db.schema.createIndex("sessions_by_end").on("sessions").columns(["ended_at"]).execute();
    },
  },
  "0008-pool": {
    async up(db: Kysely<unknown>) {
      await db.schema.alterTable("sessions").addColumn("driver_origin", "text").execute();
      await db.schema.alterTable("sessions").addColumn("driver_origin_why", "text").execute();
    },
  },
  "0009-version": {
    async up(db: Kysely<unknown>) {
      await db.schema.alterTable("node").addColumn("version", "text").execute();
    },
  },
  "0010-places": {
    async up(db: Kysely<unknown>) {
      const drivers = () => db.schema.alterTable("drivers");
      await drivers()
        .addColumn("place", "text", (c) => c.notNull().defaultTo("local"))
        .execute();
      await drivers()
        .addColumn("handle", "text", (c) => c.notNull().defaultTo("{}"))
        .execute();
      // From this version on, a driver's handle holds the facts that only drivers on this machine have (see
      // src/drivers/local/handle.ts).
      const rows = db as Kysely<{ drivers: Earlier }>;
      const columns = ["id", "folder", "socket_path", "pid", "pid_started_ticks"] as const;
      for (const row of await rows.selectFrom("drivers").select(columns).execute()) {
        const { id, folder, socket_path: socketPath, pid, pid_started_ticks: startedTicks } = row;
        const handle = JSON.stringify({ version: 1, folder, socketPath, portsSocketPath: null, pid, startedTicks });
        await rows.updateTable("drivers").set({ handle }).where("id", "=", id).execute();
      }
      for (const column of ["folder", "socket_path", "pid", "pid_started_ticks"])
        await drivers().dropColumn(column).execute();
    },
  },
};

interface Earlier extends Record<"id" | "folder" | "socket_path" | "handle", string> {
  pid: number | null;
  pid_started_ticks: number | null;
}

export const migrationNames = Object.keys(migrations);

/**
 * Runs all migrations in one transaction, so a server that is killed meanwhile leaves the database as it was.
 * Tests pass `upTo` to get the schema of an earlier version, and `list` to run migrations of their own.
 */
export async function migrate(
  db: Kysely<unknown>,
  { upTo, list = migrations }: { upTo?: string; list?: Record<string, Migration> } = {},
): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: () => Promise.resolve(list) } });
  const { error } = await (upTo === undefined ? migrator.migrateToLatest() : migrator.migrateTo(upTo));
  if (error) throw new Error("The database could not be brought to this version's schema", { cause: error });
}
