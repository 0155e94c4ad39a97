import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { isDriverId } from "../../domain/ids.ts";
import type { Leftovers } from "../place.ts";

/** The folders of drivers in `folder`. Entries of `folder` whose names are not driver ids are ignored. */
export function driverFolders(folder: string): Leftovers {
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
