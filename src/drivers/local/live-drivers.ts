import { driverFolders } from "./folders.ts";
import { driverIdOf } from "../tag.ts";
import { isOfDataFolder, type DataFolder } from "./own-processes.ts";
import { taggedProcesses } from "./processes.ts";

export interface LiveDriver {
  id: string;
  /** Process ids, in ascending order. */
  pids: number[];
}

/**
 * The drivers of a data folder that have at least one living process. These are the drivers that the next
 * server's sweep would find, and also drivers that have a folder there, whatever the database says. Processes
 * of other users are not seen.
 */
export async function liveDrivers(owner: DataFolder): Promise<LiveDriver[]> {
  const ids = new Set(
    await driverFolders(owner.driversFolder)
      .list()
      .catch(() => []),
  );
  const tagged = await taggedProcesses("");
  const own = tagged.filter((process) => ids.has(driverIdOf(process.tag)) || isOfDataFolder(process, owner));
  return [...Map.groupBy(own, ({ tag }) => driverIdOf(tag))].map(([id, processes]) => ({
    id,
    pids: processes.map(({ pid }) => pid).sort((a, b) => a - b),
  }));
}
