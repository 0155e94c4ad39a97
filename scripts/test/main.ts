// `npm test [-- <path>…]`: sets up what tests need, runs the tests, and ends with one line over all of them.
// A path (or a part of a path) selects the tests that lie there. `--changed [commit]` selects the tests that
// a change since a commit can affect. `npm test -- --engine <id> [<path>…]` runs all of the driver's Python
// tests on one engine.
import { Command } from "commander";
import { isEngineId } from "../../src/engines/engines.ts";
import { changedFiles, reachedBy, reachedByImports } from "./changed.ts";
import { closingLine, failureLine, isGreen, none, strict, sum, type Counts, type Skip } from "./counts.ts";
import { ensureEngine, ensureSecondEngine, mainEngine, secondEngine } from "./engines.ts";
import { runPytest } from "./pytest-suite.ts";
import { ensureToolsVenv } from "./tools-venv.ts";
import { runVitest, sparkTests } from "./vitest-suite.ts";

const command = new Command("npm test --")
  .argument("[paths...]", "paths, or parts of them; only the tests there are run")
  .option("--changed [commit]", "only tests that can see what has changed since the commit (default: the last)")
  .option("--engine <id>", "only the driver's Python tests, all of them, on this engine")
  .parse();
const { changed, engine } = command.opts<{ changed?: string | true; engine?: string }>();
const isDriverTest = (path: string) => path.startsWith("driver/");
const driverPath = (path: string) => path.slice("driver/".length);

let counts: Counts | undefined;
try {
  await ensureToolsVenv();
  counts = await run();
} catch (error) {
  counts = failure(error);
}
if (counts) report(counts);
else console.log("No test can see what has changed.");

/** Undefined if no test is to be run for the change. */
async function run(): Promise<Counts | undefined> {
  if (engine !== undefined) return runOnOneEngine(engine, command.args.filter(isDriverTest).map(driverPath));
  if (changed !== undefined) return runChanged(changed === true ? "HEAD" : changed);
  return command.args.length > 0 ? runSome(command.args) : runEverything();
}

/**
 * The driver's tests, which mostly wait, run beside the TypeScript tests. Tests that need no engine begin
 * without waiting for it. If an engine cannot be installed, the tests that need it do not run.
 */
function runEverything(): Promise<Counts> {
  const fast = runVitest([], ["fast"]);
  const onEngines = installEngines().then((missing) =>
    total([after(fast, () => runVitest([], ["spark"])), runDriverTests(missing)]),
  );
  return total([fast, onEngines]);
}

/** The output of the driver's tests is printed when they are over. */
async function runDriverTests(missing: Skip | undefined): Promise<Counts> {
  const held: string[] = [];
  const onMain = runPytest(mainEngine, [], { held });
  const onSecond = after(onMain, () =>
    missing ? skipping(missing) : runPytest(secondEngine, [], { differing: true, held }),
  );
  const counted = await total([onMain, onSecond]);
  console.log(held.join("\n"));
  return counted;
}

/** Runs the next suite when a suite is over, however that ended. */
async function after(suite: Promise<Counts>, next: () => Counts | Promise<Counts>): Promise<Counts> {
  await Promise.allSettled([suite]);
  return next();
}

/** A suite that could not be run counts as a failure. */
async function total(suites: readonly Promise<Counts>[]): Promise<Counts> {
  const settled = await Promise.allSettled(suites);
  return settled.map((suite) => (suite.status === "fulfilled" ? suite.value : failure(suite.reason))).reduce(sum);
}

async function installEngines(): Promise<Skip | undefined> {
  await ensureEngine(mainEngine);
  return ensureSecondEngine();
}

async function runSome(paths: readonly string[]): Promise<Counts> {
  const driver = paths.filter(isDriverTest).map(driverPath);
  const others = paths.filter((path) => !isDriverTest(path));
  const spark = others.length > 0 ? await sparkTests(others) : [];
  if (driver.length > 0 || spark.length > 0) await ensureEngine(mainEngine);
  const isSecondNeeded = driver.length > 0 || spark.some((file) => file.includes(`engine-${secondEngine}`));
  const missing = isSecondNeeded ? await ensureSecondEngine() : undefined;

  let counted = missing ? skipping(missing) : none;
  if (others.length > 0) counted = sum(counted, await runVitest(others));
  if (driver.length === 0) return counted;
  counted = sum(counted, await runPytest(mainEngine, driver));
  return missing ? counted : sum(counted, await runPytest(secondEngine, driver));
}

async function runChanged(since: string): Promise<Counts | undefined> {
  const paths = [...(await reachedByImports(since)), ...reachedBy(await changedFiles(since))];
  if (paths.length === 0) return undefined;
  console.log(`What can see the change:\n  ${paths.join("\n  ")}`);
  return runSome(paths);
}

async function runOnOneEngine(id: string, paths: readonly string[]): Promise<Counts> {
  if (!isEngineId(id)) throw new Error(`There is no engine ${id}.`);
  await ensureEngine(id);
  return runPytest(id, paths);
}

function skipping(skip: Skip): Counts {
  return { ...none, skipped: [skip] };
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
