import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";

/** How many rows of each kind a database holds. */
export interface StoreSummary {
  /** The tags of this server's drivers begin with this id. */
  nodeId: string;
  sessions: number;
  calculations: number;
  notebooks: number;
  workGroups: number;
}

/**
 * Counts the rows without changing the file. Works while a server has the file open, and on the database of
 * any version of Glaux. Returns undefined if there is no such file, if it cannot be read, or if it is not a
 * database of Glaux.
 */
export function readSummary(path: string): StoreSummary | undefined {
  if (!existsSync(path)) return undefined;
  let db: DatabaseSync | undefined;
  try {
    const opened = (db = new DatabaseSync(readOnlyUrl(path), { readOnly: true }));
    const nodeId = opened.prepare("select id from node").get()?.["id"];
    if (typeof nodeId !== "string") return undefined;
    const isTable = opened.prepare("select 1 from sqlite_master where type = 'table' and name = ?");
    // The databases of early versions have no table of notebooks.
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

/**
 * The URL that opens the database for reading. If nobody has the file open, it says `immutable`: SQLite would
 * otherwise make a `-wal` and a `-shm` file beside the database (https://sqlite.org/uri.html).
 */
function readOnlyUrl(path: string): URL {
  const url = pathToFileURL(path);
  if (!existsSync(`${path}-wal`)) url.searchParams.set("immutable", "1");
  return url;
}
