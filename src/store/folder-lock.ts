import { readdirSync, readFileSync, readlinkSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** The data folder is locked by another server, or by a command during which no server may run. */
export class FolderInUse extends Error {}

/**
 * Makes this process the only server on a data folder. Throws FolderInUse if another process has the lock.
 * SQLite takes the lock on the file `server.lock`. It is a lock of the kernel, so it is released however this
 * process dies. The file `server.pid` gives the error message the pid of the process that has the lock,
 * followed by `command` if that process is a command and not a server.
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
 * The pid of the process that has a folder's lock; undefined if nobody has it. The process is the one that
 * the pid file names, if it has the lock's file open. This function does not try to take the lock, because a
 * server that starts at the same moment would then find the folder locked.
 */
export function lockHolder(folder: string): number | undefined {
  const pid = readPid(join(folder, "server.pid"));
  if (!/^\d+$/.test(pid)) return undefined;
  try {
    const lock = realpathSync(join(folder, "server.lock"));
    const descriptors = `/proc/${pid}/fd`;
    return readdirSync(descriptors).some((name) => linkOf(join(descriptors, name)) === lock) ? Number(pid) : undefined;
  } catch (error) {
    // The descriptors of another user's process cannot be read. In that case the pid file is trusted.
    return error instanceof Error && "code" in error && error.code === "EACCES" ? Number(pid) : undefined;
  }
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined; // the descriptor was closed after it was listed
  }
}

function inUse(holder: string): string {
  const [pid = "", ...command] = holder.split(" ");
  if (command.length > 0)
    return `\`${command.join(" ")}\` (process ${pid}) is at work on this data folder. Wait for its end, or set GLAUX_HOME to another folder.`;
  return `Another Glaux server (process ${pid}) runs on this data folder. Stop it first, or set GLAUX_HOME to another folder.`;
}

/**
 * Whether the error is SQLITE_BUSY (5). An extended code has further bits above the lowest eight
 * (https://sqlite.org/rescode.html).
 */
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
