// `npm test [-- <path>…]`: sets up what tests need, runs the TypeScript tests and then the driver's Python tests on each
// engine, and ends with one line over all of them. A path (or a part of one) runs only what lies there.
// `npm test -- --engine <id> [<path>…]`: all of the driver's Python tests on one engine.
import { Command } from "commander";
import { closingLine, failureLine, isGreen, none, strict, sum, type Counts } from "./counts.ts";
import { isEngineId } from "../../src/engines/engines.ts";
import { ensureEngine, ensureSecondEngine, mainEngine, secondEngine } from "./engines.ts";
import { runPytest } from "./pytest-suite.ts";
import { ensureToolsVenv } from "./tools-venv.ts";
import { runVitest, sparkTests } from "./vitest-suite.ts";

const command = new Command("npm test --")
  .argument("[paths...]", "paths, or parts of them; only the tests there are run")
  .option("--engine <id>", "only the driver's Python tests, all of them, on this engine")
  .parse();
const filters = command.args;
const { engine } = command.opts<{ engine?: string }>();

let counts: Counts;
try {
  counts = await runAll();
} catch (error) {
  counts = failure(error);
}
report(counts);

async function runAll(): Promise<Counts> {
  const driverFilters = filters
    .filter((filter) => filter.startsWith("driver/"))
    .map((path) => path.slice("driver/".length));
  await ensureToolsVenv();
  if (engine !== undefined) return runOnOneEngine(engine, driverFilters);

  const vitestFilters = filters.filter((filter) => !filter.startsWith("driver/"));
  const withDriver = filters.length === 0 || driverFilters.length > 0;
  const spark = withDriver ? [] : await sparkTests(vitestFilters);
  if (withDriver || spark.length > 0) await ensureEngine(mainEngine);
  const isSecondNeeded = withDriver || spark.some((file) => file.includes(`engine-${secondEngine}`));
  const missing = isSecondNeeded ? await ensureSecondEngine() : undefined;

  let total: Counts = { ...none, skipped: missing ? [missing] : [] };
  if (filters.length === 0 || vitestFilters.length > 0) total = sum(total, await runVitest(vitestFilters));
  if (withDriver) {
    const driver = missing ? await runPytest(mainEngine, driverFilters) : await runDriverTests(driverFilters);
    total = sum(total, driver);
  }
  return total;
}

/**
 * On both engines: one after the other if they are filtered, and otherwise side by side, as tests of the driver mostly wait. The
 * second engine's are quick then, and told when the first's are over.
 */
async function runDriverTests(filters: readonly string[]): Promise<Counts> {
  if (filters.length > 0) return sum(await runPytest(mainEngine, filters), await runPytest(secondEngine, filters));
  const held: string[] = [];
  const suites = await Promise.allSettled([
    runPytest(mainEngine, filters),
    runPytest(secondEngine, filters, { isQuick: true, held }),
  ]);
  console.log(held.join("\n"));
  return suites.map((suite) => (suite.status === "fulfilled" ? suite.value : failure(suite.reason))).reduce(sum);
}

async function runOnOneEngine(id: string, filters: readonly string[]): Promise<Counts> {
  if (!isEngineId(id)) throw new Error(`There is no engine ${id}.`);
  await ensureEngine(id);
  return runPytest(id, filters);
}

function failure(error: unknown): Counts {
  const message = error instanceof Error ? error.message : String(error);
  return { ...none, failed: 1, failures: [{ test: "npm test", message }] };
}

function report(found: Counts): void {
  const inCi = process.env["CI"] === "true" && process.getuid?.() === 0;
  if (found.skipped.length > 0) {
    console.log(`\nSkipped${inCi ? " (in CI, where everything can be installed, a skip is a failure)" : ""}:`);
    for (const { test, reason } of found.skipped) console.log(`  ${test}: ${reason}`);
  }
  if (found.failures.length > 0) {
    console.log("\nFailed:");
    for (const failure of found.failures) console.log(`  ${failureLine(failure)}`);
  }
  const judged = inCi ? strict(found) : found;
  if (!isGreen(judged)) process.exitCode = 1;
  if (judged.passed + judged.failed === 0) console.log("\nNo test ran.");
  console.log(`\n${closingLine(judged)}`);
}
