import { readdirSync, readFileSync, readlinkSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** Another server, or a command that no server may disturb, holds the data folder. */
export class FolderInUse extends Error {}

/**
 * Makes this process the only server on a data folder. The lock is the kernel's, taken by SQLite on a file of its own, so it ends with its holder however that
 * dies. The holder's pid stands beside it for the message; behind it the name of its `command`, unless it is a server.
 */
export function lockFolder(folder: string, { command }: { command?: string } = {}): Disposable {
  const pidFile = join(folder, "server.pid");
  const lock = new DatabaseSync(join(folder, "server.lock"));
  try {
    lock.exec("begin exclusive");
  } catch (error) {
    lock.close();
    if (!isBusy(error)) throw error;
    throw new FolderInUse(inUse(readPid(pidFile)));
  }
  writeFileSync(pidFile, `${[String(process.pid), command].filter((part) => part !== undefined).join(" ")}\n`);
  return {
    [Symbol.dispose]: () => {
      lock.close();
    },
  };
}

/**
 * The server that holds a folder's lock, if one does. Does not touch the lock, which would be in the way of a server that starts just now: the holder is the
 * process of the pid file that has the lock's file open.
 */
export function lockHolder(folder: string): number | undefined {
  const pid = readPid(join(folder, "server.pid"));
  if (!/^\d+$/.test(pid)) return undefined;
  try {
    const lock = realpathSync(join(folder, "server.lock"));
    const descriptors = `/proc/${pid}/fd`;
    return readdirSync(descriptors).some((name) => linkOf(join(descriptors, name)) === lock) ? Number(pid) : undefined;
  } catch (error) {
    // Of another user, whose descriptors cannot be seen: then the pid file is all there is.
    return error instanceof Error && "code" in error && error.code === "EACCES" ? Number(pid) : undefined;
  }
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined; // closed since it was listed
  }
}

function inUse(holder: string): string {
  const [pid = "", ...command] = holder.split(" ");
  if (command.length > 0)
    return `\`${command.join(" ")}\` (process ${pid}) is at work on this data folder. Wait for its end, or set GLAUX_HOME to another folder.`;
  return `Another Glaux server (process ${pid}) runs on this data folder. Stop it first, or set GLAUX_HOME to another folder.`;
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
