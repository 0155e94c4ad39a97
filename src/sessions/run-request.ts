import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import type { RunRequest } from "../drivers/types.ts";
import type { Calculation } from "../domain/entities.ts";
import type { Lake } from "./types.ts";

/** What the driver is told to run. The objects of its output exist from now on: a calculation that is stopped before it has begun has them too. */
export async function runRequest(calculation: Calculation, lake: Lake): Promise<RunRequest> {
  const folder = await lake.makeFolder(calculation.workingDirectory);
  const [stdout, stderr] = [join(folder, "stdout"), join(folder, "stderr")];
  await Promise.all([stdout, stderr].map((path) => appendFile(path, "", { mode: 0o600 })));
  return { calculationId: calculation.id, code: calculation.code, stdout, stderr, results: join(folder, "results") };
}
