import { join } from "node:path";

/** The folders that Glaux makes in its data folder, but for the one of the engines. */
const ownFolders = ["drivers", "buckets", "aws", "run"];

/** The database itself, and what SQLite makes beside it. */
export const databaseNames = ["glaux.db", "glaux.db-wal", "glaux.db-shm", "glaux.db-journal"];

/** A name that Glaux gives to something in its data folder: nothing else there is removed, but for a log that a setting names otherwise. Engines are not among them. */
export const isOwnName = (name: string) =>
  ownFolders.includes(name) || isDatabase(name) || isKeys(name) || isLog(name, "glaux.log");

export const isDatabase = (name: string) => databaseNames.includes(name);

/** Also one that a server has left that was killed while it wrote it. */
export const isKeys = (name: string) => /^credentials(\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})?$/.test(name);

/** The log itself, or one that was put aside. */
export const isLog = (name: string, log: string) =>
  name === log || (name.startsWith(`${log}.`) && /^\d+$/.test(name.slice(log.length + 1)));

/** Never removed: who has opened it before would otherwise lock another file than who opens it afterwards. The journal goes with the lock, unless its holder is killed. */
export const isLock = (name: string) => name === "server.lock" || name === "server.lock-journal";

/** The file by which a reset that was interrupted finds what is left. */
export const markerIn = (folder: string) => join(folder, "run", "reset");

export const markerText = "`glaux reset` has begun here. Repeat it to have the rest removed.\n";
