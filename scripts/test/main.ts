// `npm test [-- <path>…]`: sets up what tests need, runs the TypeScript tests and then the driver's Python tests on each
// engine, and ends with one line over all of them. A path (or a part of one) runs only what lies there.
import { cliEntry } from "../../bin/run-node.mjs";
import { runNode } from "../run-tool.ts";
import { closingLine, isGreen, none, strict, sum, type Counts } from "./counts.ts";
import { testEnvironment } from "./environment.ts";
import { runPytest } from "./pytest-suite.ts";
import { ensureToolsVenv } from "./tools-venv.ts";
import { runVitest, startsSpark } from "./vitest-suite.ts";

const filters = process.argv.slice(2);
const driverFilters = filters
  .filter((filter) => filter.startsWith("driver/"))
  .map((path) => path.slice("driver/".length));
const vitestFilters = filters.filter((filter) => !filter.startsWith("driver/"));

let counts: Counts;
try {
  counts = await runAll();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  counts = { ...none, failed: 1 };
}
report(counts);

async function runAll(): Promise<Counts> {
  await ensureToolsVenv();
  if (await needsEngine()) await installDefaultEngine();
  let total = none;
  if (filters.length === 0 || vitestFilters.length > 0) total = sum(total, await runVitest(vitestFilters));
  if (filters.length === 0 || driverFilters.length > 0) total = sum(total, await runPytest(driverFilters));
  return total;
}

async function needsEngine(): Promise<boolean> {
  return filters.length === 0 || driverFilters.length > 0 || (await startsSpark(vitestFilters));
}

async function installDefaultEngine(): Promise<void> {
  const { code } = await runNode([cliEntry(), "engines", "install", "3.5"], { live: true, env: testEnvironment() });
  if (code !== 0) throw new Error(`The default engine could not be installed (exit code ${code}).`);
}

function report(found: Counts): void {
  const inCi = process.env["CI"] === "true" && process.getuid?.() === 0;
  if (found.skipped.length > 0) {
    console.log(`\nSkipped${inCi ? " (in CI, where everything can be installed, a skip is a failure)" : ""}:`);
    for (const { test, reason } of found.skipped) console.log(`  ${test}: ${reason}`);
  }
  const judged = inCi ? strict(found) : found;
  if (!isGreen(judged)) process.exitCode = 1;
  if (judged.passed + judged.failed === 0) console.log("\nNo test ran.");
  console.log(`\n${closingLine(judged)}`);
}
