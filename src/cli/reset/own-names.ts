import { join } from "node:path";

/** The folders that Glaux makes in its data folder, except the engines' folder. */
const ownFolders = ["drivers", "buckets", "aws", "run"];

/** The database's file, and the files that SQLite makes beside it. */
export const databaseNames = ["glaux.db", "glaux.db-wal", "glaux.db-shm", "glaux.db-journal"];

/**
 * True if Glaux gives this name to something in its data folder; the engines are excepted. A reset removes
 * nothing else there, except a log that a setting gives another name.
 */
export const isOwnName = (name: string) =>
  ownFolders.includes(name) || isDatabase(name) || isKeys(name) || isLog(name, "glaux.log");

export const isDatabase = (name: string) => databaseNames.includes(name);

/** The keys' file, or a draft of it that a server left when it was killed while writing. */
export const isKeys = (name: string) => /^credentials(\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})?$/.test(name);

/** The log itself, or an older log that was put aside. */
export const isLog = (name: string, log: string) =>
  name === log || (name.startsWith(`${log}.`) && /^\d+$/.test(name.slice(log.length + 1)));

/**
 * The lock's files are never removed: a process that opened the old file would lock another file than a
 * process that opens the new one. SQLite removes the journal with the lock, unless the lock's holder is
 * killed.
 */
export const isLock = (name: string) => name === "server.lock" || name === "server.lock-journal";

/** The file that tells the next reset that this one was interrupted. */
export const markerIn = (folder: string) => join(folder, "run", "reset");

export const markerText = "`glaux reset` has begun here. Repeat it to have the rest removed.\n";
