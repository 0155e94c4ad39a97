import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";

/**
 * Removes the files that a driver's jobs wrote to buckets and did not commit. The files lie in
 * `<bucket>/_temporary/<driver id>`, which S3 listings leave out (driver/spark/BucketFileSystem.scala). A
 * driver removes these files itself, job by job, so files that are left belong to a driver that was killed.
 * To be called when no process of the driver is left.
 */
export async function removeAttempts(bucketsFolder: string, driverId: string): Promise<void> {
  for (const folder of await attemptFolders(bucketsFolder))
    await rm(join(folder, driverId), { recursive: true, force: true });
}

/**
 * The ids of all drivers that have uncommitted files in buckets. A name that is not a driver id may be among
 * them.
 */
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
