import { join } from "node:path";
import type { RunRequest } from "../drivers/types.ts";
import type { Calculation } from "../domain/entities.ts";
import type { Lake } from "./types.ts";

/** What the driver is told to run, with the folder of its output made. */
export async function runRequest(calculation: Calculation, lake: Lake): Promise<RunRequest> {
  const folder = await lake.makeFolder(calculation.workingDirectory);
  return {
    calculationId: calculation.id,
    code: calculation.code,
    stdout: join(folder, "stdout"),
    stderr: join(folder, "stderr"),
    results: join(folder, "results"),
  };
}
