import { randomUUID } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { XMLParser } from "fast-xml-parser";
import { findEngine } from "../../src/engines/engines.ts";
import { root, runTool } from "../run-tool.ts";
import { counted, none, type Counts, type Failure, type Skip } from "./counts.ts";
import type { EngineId } from "./engines.ts";
import { enginesFolder, testEnvironment } from "./environment.ts";
import { endLeftProcesses, runVariable } from "./left-behind.ts";
import { ensurePytestFor } from "./tools-venv.ts";

const limitMs = 45 * 60_000;

/**
 * Runs the driver's Python tests on an engine, with the engine's own Python and packages, which stay as they
 * are. `differing` selects the tests that need Spark and are not marked `main_engine`. Output goes to the
 * terminal, or is `held`.
 */
export async function runPytest(
  id: EngineId,
  filters: readonly string[],
  { differing = false, held }: { differing?: boolean; held?: string[] } = {},
): Promise<Counts> {
  const engine = await findEngine(enginesFolder, id, { rebuild: false });
  if (!engine) throw new Error(`Engine ${id} is not installed.`);
  const { python } = engine;
  const say = (text: string) => (held ? held.push(text) : console.log(text));
  const which = differing ? `: what may differ from engine to engine (all: npm test -- --engine ${id})` : "";
  say(`\nDriver tests on engine ${id}${which}`);
  const folder = mkdtempSync(join(tmpdir(), "glaux-counts-"));
  const report = join(folder, "junit.xml");
  const engineFile = join(folder, "engine.json");
  const runId = randomUUID();
  try {
    writeFileSync(engineFile, JSON.stringify({ ...engine, extraJars: [] }));
    const { code, output, timedOut } = await runTool(
      python,
      [
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        `--junitxml=${report}`,
        "-q",
        "--durations=10",
        "--durations-min=5",
        ...(differing ? ["-m", "spark and not main_engine"] : []),
        ...filters,
      ],
      {
        cwd: join(root, "driver"),
        live: !held,
        limitMs,
        env: testEnvironment({
          PYTHONPATH: await ensurePytestFor(python),
          GLAUX_TEST_ENGINE: engineFile,
          [runVariable]: runId,
        }),
      },
    );
    if (held) say(output);
    if (timedOut) say(`pytest did not end within ${limitMs / 60_000} minutes and was stopped.`);
    const left = await endLeftProcesses(runId, timedOut ? 0 : 5_000);
    for (const { pid, command } of left) say(`Left behind by the driver tests, killed now: ${pid} ${command}`);
    const counts = existsSync(report) ? readJunit(readFileSync(report, "utf8"), id) : none;
    return counted(counts, `pytest on engine ${id}`, left.length > 0 ? 1 : code);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface JunitProblem {
  readonly message?: string;
}

interface JunitCase {
  readonly classname: string;
  readonly name: string;
  /** Both, if tearing down fails after the test has. */
  readonly failure?: JunitProblem;
  readonly error?: JunitProblem;
  readonly skipped?: { readonly message?: string };
}

function readJunit(xml: string, engine: string): Counts {
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: "",
    htmlEntities: true, // line ends within attributes
    isArray: (name) => name === "testcase" || name === "testsuite",
  });
  const parsed = parser.parse(xml) as { testsuites: { testsuite: readonly { testcase?: readonly JunitCase[] }[] } };
  const cases = parsed.testsuites.testsuite.flatMap((suite) => suite.testcase ?? []);
  const nameOf = ({ classname, name }: JunitCase) => `driver on ${engine}: ${classname} > ${name}`;
  const failures: Failure[] = [];
  const skipped: Skip[] = [];
  for (const test of cases) {
    const problem = test.failure ?? test.error;
    if (problem) failures.push({ test: nameOf(test), message: problem.message ?? "no message" });
    else if (test.skipped) skipped.push({ test: nameOf(test), reason: test.skipped.message ?? "no reason given" });
  }
  return { passed: cases.length - failures.length - skipped.length, failed: failures.length, failures, skipped };
}
