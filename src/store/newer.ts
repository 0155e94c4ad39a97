import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { packageVersion } from "../lib/package-root.ts";
import { migrationNames } from "./migrations.ts";

/**
 * A later version of Glaux has made a change to the database that this version does not know. Nothing was
 * changed.
 */
export class DatabaseTooNew extends Error {}

/**
 * Throws DatabaseTooNew. Opens the file for reading only. Accepts a file that cannot be read: openStore()
 * judges damage.
 */
export function requireNotNewer(path: string): void {
  if (path === ":memory:" || !existsSync(path)) return;
  const { migrations, version } = traces(path);
  const unknown = migrations.filter((name) => !migrationNames.includes(name));
  if (unknown.length === 0) return;
  const theirs = version === undefined ? "a later version of Glaux" : `Glaux ${version}`;
  throw new DatabaseTooNew(
    [
      `the database ${path} was last used by ${theirs}, which has changed it (${unknown.join(", ")}); this is Glaux ${packageVersion()}, which knows changes up to ${migrationNames.at(-1) ?? "none"}. Nothing was touched`,
      `  → run ${theirs} on it, or a later one;`,
      `  → or put back a copy of it from before that version;`,
      `  → or set GLAUX_HOME to another data folder`,
    ].join("\n"),
  );
}

function traces(path: string): { migrations: string[]; version?: string } {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(path, { readOnly: true });
    const migrations = db.prepare("select name from kysely_migration order by name").all();
    return { migrations: migrations.map(({ name }) => String(name)), ...versionIn(db) };
  } catch {
    return { migrations: [] };
  } finally {
    db?.close();
  }
}

function versionIn(db: DatabaseSync): { version?: string } {
  try {
    const version = db.prepare("select version from node").get()?.["version"];
    return typeof version === "string" ? { version } : {};
  } catch {
    return {};
  }
}
