import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** Another server holds the data folder. */
export class FolderInUse extends Error {}

/**
 * Makes this process the only server on a data folder. The lock is the kernel's, taken by SQLite on a file of its own, so it ends with its holder however that
 * dies. The holder's pid stands beside it for the message.
 */
export function lockFolder(folder: string): Disposable {
  const pidFile = join(folder, "server.pid");
  const lock = new DatabaseSync(join(folder, "server.lock"));
  try {
    lock.exec("begin exclusive");
  } catch (error) {
    lock.close();
    if (!isBusy(error)) throw error;
    throw new FolderInUse(
      `Another Glaux server (process ${readPid(pidFile)}) runs on this data folder. Stop it first, or set GLAUX_HOME to another folder.`,
    );
  }
  writeFileSync(pidFile, `${String(process.pid)}\n`);
  return {
    [Symbol.dispose]: () => {
      lock.close();
    },
  };
}

/** SQLITE_BUSY, whose extended codes have more bits above the first eight (https://sqlite.org/rescode.html). */
function isBusy(error: unknown): boolean {
  return error instanceof Error && "errcode" in error && (Number(error.errcode) & 0xff) === 5;
}

function readPid(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    return "unknown";
  }
}
