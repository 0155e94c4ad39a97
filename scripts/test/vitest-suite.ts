import { randomUUID } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root, runNode } from "../run-tool.ts";
import { counted, none, type Counts } from "./counts.ts";
import { testEnvironment } from "./environment.ts";
import { endLeftProcesses, runVariable } from "./left-behind.ts";

const limitMs = 45 * 60_000;
export const vitest = join(root, "node_modules/vitest/vitest.mjs");

/** The projects of vitest.config.ts: tests with fakes, and tests that start a real Spark. */
export type Project = "fast" | "spark";

/**
 * Runs the TypeScript tests whose path contains one of the filters (all without filters), of the given
 * projects (all if none is given).
 */
export async function runVitest(filters: readonly string[], projects: readonly Project[] = []): Promise<Counts> {
  const folder = mkdtempSync(join(tmpdir(), "glaux-counts-"));
  const countsFile = join(folder, "counts.json");
  const runId = randomUUID();
  try {
    const { code, timedOut } = await runNode(
      [
        vitest,
        "run",
        "--reporter=default",
        `--reporter=${join(import.meta.dirname, "counts-reporter.ts")}`,
        ...projects.map((project) => `--project=${project}`),
        ...filters,
      ],
      { live: true, limitMs, env: testEnvironment({ GLAUX_TEST_COUNTS: countsFile, [runVariable]: runId }) },
    );
    if (timedOut) console.log(`vitest did not end within ${limitMs / 60_000} minutes and was stopped.`);
    const counts = existsSync(countsFile) ? (JSON.parse(readFileSync(countsFile, "utf8")) as Counts) : none;
    return counted(counts, "vitest", code);
  } finally {
    // Processes are left only if vitest was stopped or interrupted.
    await endLeftProcesses(runId, 0);
    rmSync(folder, { recursive: true });
  }
}

/** The test files that need an engine, among those that the filters name. */
export async function sparkTests(filters: readonly string[]): Promise<string[]> {
  const { output } = await runNode([vitest, "list", "--filesOnly", "--project=spark", ...filters]);
  return output.split("\n").filter((line) => line.includes(".test.ts"));
}
