import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";

/** What a database holds, in numbers. */
export interface StoreSummary {
  /** The beginning of the tags of its drivers. */
  nodeId: string;
  sessions: number;
  calculations: number;
  notebooks: number;
  workGroups: number;
}

/**
 * Reads the numbers without a change of the file, also while a server has it open, and whichever version of Glaux made it. Undefined if there is no such file, or
 * if it cannot be read, or is not Glaux's.
 */
export function readSummary(path: string): StoreSummary | undefined {
  if (!existsSync(path)) return undefined;
  let db: DatabaseSync | undefined;
  try {
    const opened = (db = new DatabaseSync(readOnlyUrl(path), { readOnly: true }));
    const nodeId = opened.prepare("select id from node").get()?.["id"];
    if (typeof nodeId !== "string") return undefined;
    const isTable = opened.prepare("select 1 from sqlite_master where type = 'table' and name = ?");
    // Early versions had no notebooks.
    const count = (table: string) =>
      isTable.get(table) ? Number(opened.prepare(`select count(*) as n from ${table}`).get()?.["n"]) : 0;
    return {
      nodeId,
      sessions: count("sessions"),
      calculations: count("calculations"),
      notebooks: count("notebooks"),
      workGroups: count("work_groups"),
    };
  } catch {
    return undefined;
  } finally {
    db?.close();
  }
}

/** Where nobody has it open, SQLite shall not make its files for sharing beside it (https://sqlite.org/uri.html). */
function readOnlyUrl(path: string): URL {
  const url = pathToFileURL(path);
  if (!existsSync(`${path}-wal`)) url.searchParams.set("immutable", "1");
  return url;
}
