import { lstat, readdir, rm, rmdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Holdings } from "./holdings.ts";
import { databaseNames, isLock, markerIn, markerText } from "./own-names.ts";

/**
 * Removes what is Glaux's from a data folder whose lock is held. It may be ended at any moment: the file
 * `run/reset` is there from first to last, and tells the next reset that something is left. The database goes
 * first. So a server that starts on what an interrupted reset has left begins with an empty database, and
 * never speaks of results that are gone.
 *
 * Returns the errors of what could not be removed. Everything else is gone then.
 */
export async function removeHoldings(holdings: Holdings, socketsFolder: string): Promise<unknown[]> {
  const { folder, keys, logs } = holdings;
  const marker = markerIn(folder);
  await writeFile(marker, markerText, { mode: 0o600 });
  const errors: unknown[] = [];
  const remove = async (path: string) => {
    // `rm` unlinks a link, and follows none in a folder.
    await rm(path, { recursive: true, force: true }).catch((error: unknown) => errors.push(error));
  };
  for (const name of [...databaseNames, "drivers", "buckets"]) await remove(join(folder, name));
  for (const path of [...logs, ...keys]) await remove(path);
  await removeSockets(socketsFolder).catch((error: unknown) => errors.push(error));
  const run = join(folder, "run");
  const inRun = (await readdir(run)).filter((name) => !isLock(name)).map((name) => join(run, name));
  for (const path of inRun) if (path !== marker) await remove(path);
  if (errors.length === 0) await rm(marker);
  return errors;
}

/**
 * Removes the sockets. If the data folder's path is too long for sockets, they lie in a folder of their own
 * elsewhere. Nothing but sockets is removed there.
 */
async function removeSockets(socketsFolder: string): Promise<void> {
  const found = await lstat(socketsFolder).catch(() => undefined);
  if (!found?.isDirectory() || !basename(socketsFolder).startsWith("glaux-")) return;
  for (const name of await readdir(socketsFolder))
    if (/^[0-9a-f]{12}\.sock$/.test(name)) await rm(join(socketsFolder, name));
  // Fails if somebody else's file is in the folder.
  await rmdir(socketsFolder).catch(() => undefined);
}
