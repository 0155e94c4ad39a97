import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../src/lib/package-root.ts";
import type { Row } from "./row.ts";

export interface Result {
  readonly bench: string;
  readonly day: string;
  readonly machine: string;
  readonly rows: readonly Row[];
}

const folder = join(packageRoot(), "bench/results");

/** Each bench has one file, with the results of its last run. */
export function saveResult(result: Result): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${result.bench}.json`), `${JSON.stringify(result, null, 2)}\n`);
}

export function savedResults(): Result[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(".json"))
    .map((file) => JSON.parse(readFileSync(join(folder, file), "utf8")) as Result)
    .filter(({ bench }) => bench);
}
