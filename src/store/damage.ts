import { existsSync, readdirSync, statSync } from "node:fs";
import { sql, type Kysely } from "kysely";

/** The database is damaged. Glaux has changed nothing, and never makes a new database in its place. */
export class DatabaseDamaged extends Error {}

/**
 * SQLite's result codes (https://sqlite.org/rescode.html). An extended code has further bits above the lowest
 * eight.
 */
const corrupt = 11;
const noDatabase = 26;

/** Rejects with DatabaseDamaged if any part of the file is damaged. Takes about 3 ms for each MB. */
export async function requireWhole<T>(db: Kysely<T>, path: string): Promise<void> {
  const { rows } = await sql<{ quick_check: string }>`pragma quick_check(1)`.execute(db);
  const [found] = rows;
  if (found?.quick_check !== "ok") throw damaged(path, found?.quick_check ?? "it cannot be read");
}

/**
 * Turns SQLite's error about a damaged file into a DatabaseDamaged, which says how to repair it. Returns any
 * other error unchanged.
 */
export function explainDamage(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || !("errcode" in error)) return error;
  const code = Number(error.errcode) & 0xff;
  return code === corrupt || code === noDatabase ? damaged(path, error.message, error) : error;
}

/**
 * Throws DatabaseDamaged if the database file is empty although the drivers' folder is not. SQLite would take
 * an empty file for a new database. Drivers have run on this data folder, so the file has lost its content.
 */
export function requireNotEmptied(path: string, driversFolder: string): void {
  if (!existsSync(path) || statSync(path).size > 0) return;
  if (existsSync(driversFolder) && readdirSync(driversFolder).length > 0) throw damaged(path, "it is empty");
}

function damaged(path: string, what: string, cause?: Error): DatabaseDamaged {
  return new DatabaseDamaged(
    [
      `the database ${path} is damaged (${what}); nothing was changed, and no new one is made in its place`,
      `  → put back a copy of it from a backup;`,
      `  → or save what can be read: sqlite3 ${path} .recover | sqlite3 ${path}.recovered, and put that in its place;`,
      `  → or begin with an empty one (running sessions end, results in buckets stay): move ${path}, ${path}-wal and ${path}-shm away`,
    ].join("\n"),
    { cause },
  );
}
