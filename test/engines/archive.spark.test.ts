import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Engine, findEngine, installEngine } from "../../src/engines/engines.ts";

let temporary: string;
let enginesFolder: string;
let engine: Engine;

beforeAll(async () => {
  temporary = await mkdtemp(join(tmpdir(), "glaux-archive-"));
  enginesFolder = process.env.GLAUX_ENGINES ?? join(temporary, "engines");
  engine = await installEngine(enginesFolder, "3.5", {
    with: [],
    env: process.env,
    progress: () => undefined,
    signal: new AbortController().signal,
  });
}, 1_200_000);
afterAll(() => rm(temporary, { recursive: true }));

const mainClass = ["org.apache.spark.api.python.PythonGatewayServer", "pyspark-shell"];

test("a driver's JVM takes its classes from the archive, with another heap and more jars too", async () => {
  const log = join(temporary, "classes.log");
  const jar = join(temporary, "more.jar");
  await writeFile(jar, Buffer.from("504b0506000000000000000000000000000000000000", "hex")); // an empty zip
  const classPath = [...engine.jars, jar].join(":");
  const args = [
    ...engine.jvmFlags,
    `-Xlog:class+load,cds+reloc:file=${log}`,
    "-Xmx2g",
    "-Duser.timezone=UTC",
    "-cp",
    classPath,
    ...mainClass,
  ];
  const env = {
    ...process.env,
    _PYSPARK_DRIVER_CONN_INFO_PATH: join(temporary, "gateway"),
    SPARK_LOCAL_IP: "127.0.0.1",
  };
  // The JVM's standard input is at its end, so the JVM ends as soon as it is up.
  const { status, stderr } = spawnSync(engine.java, args, { input: "", env, encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const lines = (await readFile(log, "utf8")).split("\n");
  // An archive that is moved to another address becomes a copy of this JVM's own.
  expect(lines.filter((line) => line.includes("relocation start"))).toEqual([]);
  // Lambdas do not count: Scala's are serializable, and Java 17's archives cannot hold serializable lambdas.
  const spark = lines.filter((line) => line.includes(" org.apache.spark.") && !line.includes("$Lambda$"));
  const archived = spark.filter((line) => line.includes("source: shared objects file (top)"));
  expect(spark.length).toBeGreaterThan(50);
  expect(archived.length / spark.length).toBeGreaterThan(0.95);
});

test("a cold start to the first query costs less with the archive than without", () => {
  const isArchiveFlag = (flag: string) => /^-XX:SharedArchiveFile=|^-Xshare:/.test(flag);
  const without = coldStart(engine.jvmFlags.filter((flag) => !isArchiveFlag(flag)));
  const withArchive = coldStart(engine.jvmFlags);
  console.log({ without, withArchive });
  // Compares CPU time, which depends less than the clock on what else the machine does.
  expect(withArchive.cpu).toBeLessThan(0.85 * without.cpu);
});

function coldStart(flags: string[]): { gateway: number; context: number; query: number; cpu: number } {
  const script = fileURLToPath(new URL("cold-start.py", import.meta.url));
  const command = [engine.java, ...flags, "-Xmx1g", "-cp", engine.jars.join(":"), ...mainClass];
  const input = JSON.stringify({ command, sparkHome: engine.sparkHome });
  const { stdout, stderr } = spawnSync(engine.python, ["-I", script], { input, encoding: "utf8" });
  expect(stderr).not.toContain("Traceback");
  return JSON.parse(stdout) as ReturnType<typeof coldStart>;
}

/** The engine under another path and with a changed engine.json, so that its archive does not fit. */
async function movedEngine(
  change: (manifest: { build: string; jars: string[] }) => unknown,
): Promise<Engine | undefined> {
  const folder = await mkdtemp(join(temporary, "moved-"));
  await mkdir(join(folder, "3.5"));
  const manifest = JSON.parse(await readFile(join(engine.folder, "engine.json"), "utf8")) as Parameters<
    typeof change
  >[0];
  await symlink(join(engine.folder, manifest.build), join(folder, "3.5", manifest.build));
  await writeFile(join(folder, "3.5/engine.json"), JSON.stringify({ ...manifest, ...(change(manifest) as object) }));
  return findEngine(folder, "3.5", { rebuild: false });
}

test("an archive that does not fit is left out of the flags", async () => {
  const moved = await movedEngine(() => ({}));
  expect(moved).toMatchObject({ archive: undefined, versions: engine.versions });
  expect(moved?.jvmFlags.join(" ")).not.toMatch(/SharedArchiveFile/);
});

test("an engine that lacks a jar, its Java or is another Spark is none", async () => {
  expect(await movedEngine(({ jars }) => ({ jars: [...jars, "lost.jar"] }))).toBeUndefined();
  expect(await movedEngine(() => ({ javaHome: "/nonexistent" }))).toBeUndefined();
  expect(await movedEngine(() => ({ versions: { ...engine.versions, spark: "3.5.6" } }))).toBeUndefined();
});
