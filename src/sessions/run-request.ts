import { appendFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { RunRequest } from "../drivers/types.ts";
import type { Calculation } from "../domain/entities.ts";
import type { BucketFolders } from "./types.ts";

/**
 * Makes the request that tells the driver what to run. Also makes the objects stdout and stderr of the
 * calculation, so that they exist even for a calculation that is stopped before it has begun. May be called
 * again for the same calculation.
 */
export async function runRequest(calculation: Calculation, bucketFolders: BucketFolders): Promise<RunRequest> {
  const folder = await bucketFolders.makeFolder(calculation.workingDirectory);
  const [stdout, stderr] = [join(folder, "stdout"), join(folder, "stderr")];
  await Promise.all([stdout, stderr].map((path) => appendFile(path, "", { mode: 0o600 })));
  return { calculationId: calculation.id, code: calculation.code, stdout, stderr, results: join(folder, "results") };
}

/** Removes the folder and files that were made for a calculation that was not accepted. */
export async function discard(request: RunRequest): Promise<void> {
  await rm(dirname(request.stdout), { recursive: true, force: true });
}

/**
 * Appends the reason `why` to stderr, for a calculation whose driver is gone and cannot write it. Best
 * effort: the calculation's state reason says the same.
 */
export async function closeOutput(calculation: Calculation, bucketFolders: BucketFolders, why: string): Promise<void> {
  try {
    const { stderr } = await runRequest(calculation, bucketFolders);
    await appendFile(stderr, `${why}\n`);
  } catch {
    // The disk is full, or the bucket is gone.
  }
}
