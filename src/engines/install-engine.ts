import { mkdir, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import type { EngineId } from "../domain/engine-version.ts";
import { buildEngine } from "./build-engine.ts";
import { buildName, isCurrent, removeOldBuilds } from "./builds.ts";
import { choosePython, packedPython, type PythonOptions } from "./choose-python.ts";
import type { Engine } from "./engine.ts";
import { EngineError } from "./errors.ts";
import { findEngine } from "./find-engine.ts";
import { installContext, reported } from "./install-context.ts";
import { lockEngine } from "./install-lock.ts";
import { planJava } from "./install-java.ts";
import { readManifest } from "./manifest.ts";
import { findPacked, type Pack, readPack, verifyPack } from "./pack.ts";
import { type Addition, additions, type InstallProgress } from "./progress.ts";
import { type EngineSpec, engineSpecs, unavailable } from "./specs.ts";

export interface InstallOptions extends PythonOptions {
  with: readonly Addition[];
  /** The folder where Javas are looked for, beside JAVA_HOME and the PATH; by default the system's. */
  javaFolder?: string;
}

/**
 * Installs an engine, or returns it as it is if it has at least these additions. Additions stay: a later
 * install keeps them.
 *
 * Each build has a folder of its own, named by what goes into it. The next install continues an install that
 * ended early: a step that left its stamp is not repeated, and a step without a stamp starts from nothing.
 * `engine.json` is written last and makes a build the engine, so a half-made build is never used. Sessions on
 * the build before it go on. One installer works at a time; others wait for it.
 */
export async function installEngine(enginesFolder: string, id: EngineId, options: InstallOptions): Promise<Engine> {
  const { env, progress, signal } = options;
  const spec = engineSpecs[id];
  const folder = join(enginesFolder, id);
  const [missing] = unavailable(spec, options.with);
  if (missing !== undefined) {
    throw new EngineError(
      `--with ${missing} is not available for engine ${id}: no release of it works with Spark ${spec.sparkVersion}`,
      `install the engine without it, or use another engine`,
    );
  }
  const pack = await readPack();
  const packedAdditions = findPacked(pack, id, options.with)?.with ?? [];
  const allAdditions = async (): Promise<Addition[]> => {
    const installed = (await readManifest(folder))?.with ?? [];
    const wanted = new Set([...installed, ...options.with, ...packedAdditions]);
    return additions.filter((addition) => wanted.has(addition));
  };
  if (await isCurrent(folder, await allAdditions())) {
    const found = await findEngine(enginesFolder, id, { progress, signal, env });
    if (found) return found;
  }

  const wanted = await allAdditions();
  const packed = findPacked(pack, id, wanted);
  if (pack && !packed) progress(notInPack(pack, id, wanted));
  const python = await reported(
    progress,
    "python",
    "looking for an interpreter",
    () => (packed ? packedPython(enginesFolder, spec, packed, options) : choosePython(enginesFolder, spec, options)),
    ({ version, path }) => `${version} in ${path}`,
  );
  const java = await planJava(spec, env, options.javaFolder);
  const source = packed && pack;
  if (source) {
    const files = `${String(source.manifest.files.length)} files`;
    await reported(
      progress,
      "pack",
      `verifying ${files}`,
      () => verifyPack(source, signal),
      () => `${files} verified`,
    );
  }
  await makeFolder(folder);
  await using lock = await lockEngine(join(folder, "lock"), {
    python: python.path,
    env,
    signal,
    onWait: (holder) => {
      const message = `another install of this engine is under way (${holder})`;
      progress({ step: "wait", state: "running", message, elapsedMs: 0 });
    },
  });
  const all = await allAdditions();
  if (await isCurrent(folder, all)) {
    const done = await findEngine(enginesFolder, id, { rebuild: false, env });
    // The installer that we waited for has done it.
    if (done) return done;
  }
  const name = await buildName(spec, python, all);
  const context = installContext({ env, signal, progress, build: join(folder, name), pack: source }, lock.fd);
  await removeOldBuilds(folder, name);
  await mkdir(context.build, { recursive: true });
  await requireSpace(context.build, spec);
  // Awaited here, because the lock ends with this function.
  return await buildEngine({ folder, name, spec, python, java, additions: all }, context);
}

function notInPack(pack: Pack, id: EngineId, wanted: readonly Addition[]): InstallProgress {
  const has = pack.manifest.engines.map((engine) => [engine.id, ...engine.with].join(" with ")).join(", ");
  const what = ["engine", id, ...(wanted.length > 0 ? ["with", wanted.join(", ")] : [])].join(" ");
  const message = `this copy of Glaux does not have ${what} (it has ${has || "none"}), so the network is asked`;
  return { step: "pack", state: "skipped", message, elapsedMs: 0 };
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
