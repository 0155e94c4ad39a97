import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { removeOldBuilds } from "./builds.ts";
import { libjvm } from "./java.ts";
import { readLayout } from "./layout.ts";
import { type Manifest, readManifest, writeManifest } from "./manifest.ts";

const build = "3.5.7-1";
const ownJava = join(build, "venv/jdk");
let folder: string;
let machineJava: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "glaux-builds-"));
  machineJava = join(folder, "machine/java-17");
});
afterEach(() => rm(folder, { recursive: true }));

async function put(path: string): Promise<void> {
  await mkdir(join(path, ".."), { recursive: true });
  await writeFile(path, "");
}

/** Makes the files of an installed engine, empty, and its manifest. */
async function makeEngine(javaHome: string): Promise<Manifest> {
  const manifest: Manifest = {
    format: 1,
    id: "3.5",
    build,
    with: [],
    javaHome,
    sparkHome: join(build, "venv/pyspark"),
    jars: [join(build, "venv/pyspark/jars/spark.jar"), join(build, "jars/connect.jar")],
    locks: "",
    versions: { spark: "3.5.7", python: "3.11.7", java: "17.0.15" },
  };
  const engine = join(folder, "3.5");
  const java = javaHome.startsWith("/") ? javaHome : join(engine, javaHome);
  const files = ["venv/bin/python", "stamps/packages"].map((name) => join(engine, build, name));
  const jars = manifest.jars.map((jar) => join(engine, jar));
  for (const file of [...files, ...jars, join(java, "bin/java"), libjvm(java)]) await put(file);
  await writeManifest(engine, manifest);
  expect(readLayout(engine, manifest)).toBeDefined();
  return manifest;
}

test("where the machine's Java is gone, the build keeps all that it has: only its Java has to be found anew", async () => {
  const manifest = await makeEngine(machineJava);
  await rm(machineJava, { recursive: true });
  expect(readLayout(join(folder, "3.5"), manifest)).toBeUndefined();

  await removeOldBuilds(join(folder, "3.5"), build);
  expect(await readdir(join(folder, "3.5", build, "stamps"))).toEqual(["packages"]);
  expect(await readManifest(join(folder, "3.5"))).toEqual(manifest);
});

test.each([
  ["a jar", () => machineJava, join(build, "jars/connect.jar")],
  ["a jar of pyspark", () => machineJava, join(build, "venv/pyspark/jars/spark.jar")],
  ["the interpreter", () => machineJava, join(build, "venv/bin/python")],
  ["its own Java", () => ownJava, join(ownJava, "bin/java")],
])("a build that lost %s is made anew, and is no engine until then", async (_, javaHome, lost) => {
  await makeEngine(javaHome());
  await rm(join(folder, "3.5", lost));

  await removeOldBuilds(join(folder, "3.5"), build);
  expect(await readdir(join(folder, "3.5"))).toEqual([]);
});

test("another build keeps the one that sessions may still use, and not those before", async () => {
  await makeEngine(machineJava);
  await mkdir(join(folder, "3.5/3.5.6-0"));

  await removeOldBuilds(join(folder, "3.5"), "3.5.7-2");
  expect((await readdir(join(folder, "3.5"))).sort()).toEqual([build, "engine.json"]);
});
