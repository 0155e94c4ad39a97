import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";

/**
 * Removes the files that jobs of a driver have written to buckets and not committed. They lie in `<bucket>/_temporary/<driver id>`, which lists of S3
 * leave out (driver/spark/BucketFileSystem.scala). A driver removes them itself, job by job; those that are left are of one that was killed. Called when
 * no process of the driver is left.
 */
export async function removeAttempts(bucketsFolder: string, driverId: string): Promise<void> {
  for (const folder of await attemptFolders(bucketsFolder))
    await rm(join(folder, driverId), { recursive: true, force: true });
}

/** The ids of all drivers that have such files, as far as the names are ids. */
export async function attemptOwners(bucketsFolder: string): Promise<string[]> {
  const owners = new Set<string>();
  for (const folder of await attemptFolders(bucketsFolder))
    for (const name of await readdir(folder).catch(() => [])) owners.add(name);
  return [...owners];
}

async function attemptFolders(bucketsFolder: string): Promise<string[]> {
  const entries = await readdir(bucketsFolder, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(bucketsFolder, name, "_temporary"));
}
