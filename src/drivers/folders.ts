import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { isDriverId } from "../domain/ids.ts";

/** The folders that drivers leave behind: logs, journals, warehouses. Results are not among them: those are objects in buckets. */
export interface DriverFolders {
  remove(driverId: string): Promise<void>;
  /** Ids of the drivers that have a folder. What else lies there is not ours. */
  list(): Promise<string[]>;
  /** When something in the folder was last written to, one level deep; 0 if it is gone. */
  usedAt(driverId: string): Promise<number>;
}

export function driverFolders(folder: string): DriverFolders {
  return {
    remove: (id) => rm(join(folder, id), { recursive: true, force: true }),
    list: async () => (await readdir(folder)).filter(isDriverId),
    async usedAt(id) {
      const own = join(folder, id);
      const names = await readdir(own).catch(() => []);
      const times = await Promise.all([own, ...names.map((name) => join(own, name))].map(modifiedAt));
      return Math.max(...times);
    },
  };
}

function modifiedAt(path: string): Promise<number> {
  return stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
}
