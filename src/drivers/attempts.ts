import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";

/**
 * Removes the files that jobs of a driver have written and not committed. They lie in `<bucket>/_temporary/<driver id>`, which lists of S3 leave
 * out (driver/spark/BucketFileSystem.scala). A driver removes them itself, job by job; those that are left are of one that was killed. Called when no
 * process of the driver is left.
 */
export async function removeAttempts(bucketsFolder: string, driverId: string): Promise<void> {
  const entries = await readdir(bucketsFolder, { withFileTypes: true });
  for (const entry of entries)
    if (entry.isDirectory())
      await rm(join(bucketsFolder, entry.name, "_temporary", driverId), { recursive: true, force: true });
}
