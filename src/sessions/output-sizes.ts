import { stat } from "node:fs/promises";
import { join } from "node:path";

export interface OutputSizes {
  stdout: number;
  stderr: number;
  results: number;
}

/** Sizes in bytes of the files that a calculation has left in its folder; 0 for a file that is missing. */
export async function outputSizes(folder: string): Promise<OutputSizes> {
  const size = (file: string) =>
    stat(join(folder, file)).then(
      ({ size }) => size,
      () => 0,
    );
  const [stdout, stderr, results] = await Promise.all([size("stdout"), size("stderr"), size("results")]);
  return { stdout, stderr, results };
}
