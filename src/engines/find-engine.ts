import { existsSync } from "node:fs";
import { join } from "node:path";
import { engineIds, type EngineId } from "../domain/engine-version.ts";
import type { Environment } from "../lib/run-step.ts";
import { makeArchive, trainingVersion } from "./archive.ts";
import type { Engine, EngineListing } from "./engine.ts";
import { EngineError } from "./errors.ts";
import { reported } from "./install-context.ts";
import { lockEngine } from "./install-lock.ts";
import { archiveUseFlags } from "./jvm-flags.ts";
import { type Layout, readLayout } from "./layout.ts";
import { type Manifest, readManifest, writeManifest } from "./manifest.ts";
import { makeOwnJar } from "./own-jar.ts";
import type { OnProgress } from "./progress.ts";
import { engineSpecs } from "./specs.ts";

export interface FindOptions {
  /**
   * True (the default): make what the engine lacks of this version of Glaux, which is the jar of Glaux's
   * classes (some 8 s), and a new archive if the present one does not fit any more (some 20 s). False: an
   * engine without the jar is not found, and an engine without a fitting archive comes without an archive.
   */
  rebuild?: boolean;
  progress?: OnProgress;
  signal?: AbortSignal;
  /** The environment of the training run; by default this process's own. */
  env?: Environment;
}

/**
 * The engine, if it is installed completely. Takes a few milliseconds, because it looks at names, sizes and
 * times of the files and not at their content. An archive that no longer fits (the Java was updated, the
 * folder moved) is made anew; if that fails, the engine goes without an archive. The jar of Glaux's classes
 * is made if it is missing; if that fails, EngineError is thrown, as sessions would lose rows without it.
 */
export async function findEngine(
  enginesFolder: string,
  id: EngineId,
  options: FindOptions = {},
): Promise<Engine | undefined> {
  const folder = join(enginesFolder, id);
  const { manifest, layout } = await readEngine(folder, id);
  if (!manifest || !layout) return undefined;
  if (options.rebuild === false) return layout.hasOwnJar ? toEngine(manifest, layout) : undefined;
  if (isSettled(manifest, layout)) return toEngine(manifest, layout);
  return complete(folder, options).catch((error: unknown) => {
    options.signal?.throwIfAborted();
    if (!layout.hasOwnJar) throw error instanceof EngineError ? error : withoutClasses(folder, error);
    options.progress?.({ step: "archive", state: "failed", message: String(error), elapsedMs: 0 });
    // For example, we may not write to the folder.
    return toEngine(manifest, layout);
  });
}

/** Wraps what kept the classes from being made, such as a folder that we may not write to. */
function withoutClasses(folder: string, cause: unknown): EngineError {
  return new EngineError(
    `${folder} lacks this version's classes for Spark, and they could not be made: ${String(cause)}`,
    "start Glaux once as a user who may write to that folder, or choose another folder with GLAUX_ENGINES",
    { cause },
  );
}

/** True if nothing has to be downloaded. What `findEngine` makes may still be missing. */
export async function isInstalled(enginesFolder: string, id: EngineId): Promise<boolean> {
  return (await readEngine(join(enginesFolder, id), id)).layout !== undefined;
}

async function readEngine(folder: string, id: EngineId): Promise<{ manifest?: Manifest; layout?: Layout | undefined }> {
  const manifest = await readManifest(folder);
  // Another version of Glaux may have installed another Spark here.
  if (manifest?.versions.spark !== engineSpecs[id].sparkVersion) return {};
  return { manifest, layout: readLayout(folder, manifest) };
}

/** Every engine that Glaux knows, installed or not. */
export function listEngines(enginesFolder: string): Promise<EngineListing[]> {
  return Promise.all(
    engineIds.map(async (id) => ({
      id,
      wireName: engineSpecs[id].wireName,
      installed: await findEngine(enginesFolder, id, { rebuild: false }),
    })),
  );
}

/**
 * Gives every installed engine what `findEngine` makes. A failure is reported and does not keep the server
 * from starting.
 */
export async function completeEngines(enginesFolder: string, options: FindOptions): Promise<void> {
  for (const id of engineIds) {
    try {
      await findEngine(enginesFolder, id, options);
    } catch (error) {
      options.signal?.throwIfAborted();
      options.progress?.({ step: "classes", state: "failed", message: String(error), elapsedMs: 0 });
    }
  }
}

/**
 * Makes the archive and records it, or else records why there is none. The caller holds the engine's lock.
 */
export async function recordArchive(
  manifest: Manifest,
  layout: Layout,
  options: {
    env: Environment | undefined;
    signal?: AbortSignal | undefined;
    lockFd: number;
    progress?: OnProgress | undefined;
  },
): Promise<Engine> {
  const startedAt = performance.now();
  const report = (state: "running" | "done" | "failed", message: string): void => {
    options.progress?.({ step: "archive", state, message, elapsedMs: performance.now() - startedAt });
  };
  report("running", "a training run, so that sessions start faster");
  const made = await makeArchive(layout, options);
  const { archive: _old, archiveRefused: _reason, ...rest } = manifest;
  const recorded: Manifest =
    "bytes" in made
      ? { ...rest, archive: { key: layout.archiveKey } }
      : { ...rest, archiveRefused: { key: layout.archiveKey, training: trainingVersion(), reason: made.refused } };
  await writeManifest(layout.folder, recorded);
  if ("bytes" in made) report("done", `${String(Math.round(made.bytes / 1e6))} MB`);
  else
    report(
      "failed",
      `sessions will start slower (${made.refused.trim().split("\n").at(-1) ?? ""}); the whole reason is in engine.json; remove that file to try again`,
    );
  return toEngine(recorded, layout);
}

async function complete(folder: string, options: FindOptions): Promise<Engine | undefined> {
  const before = await readManifest(folder);
  if (!before) return undefined;
  const python = join(folder, before.build, "venv/bin/python");
  await using lock = await lockEngine(join(folder, "lock"), {
    python,
    env: options.env,
    signal: options.signal,
    onWait: (holder) => options.progress?.({ step: "wait", state: "running", message: holder, elapsedMs: 0 }),
  });
  // Whoever had the lock before us may have completed the engine.
  const manifest = await readManifest(folder);
  const layout = manifest && (await withOwnJar(folder, manifest, { ...options, lockFd: lock.fd }));
  if (!layout) return undefined;
  if (isSettled(manifest, layout)) return toEngine(manifest, layout);
  return await recordArchive(manifest, layout, {
    env: options.env,
    signal: options.signal,
    lockFd: lock.fd,
    progress: options.progress,
  });
}

/**
 * The layout of an engine, with the jar of Glaux's classes, which is made if it is missing. Undefined if
 * other parts are missing. Throws EngineError.
 */
export async function withOwnJar(
  folder: string,
  manifest: Manifest,
  options: { env?: Environment | undefined; signal?: AbortSignal | undefined; lockFd: number; progress?: OnProgress },
): Promise<Layout | undefined> {
  const layout = readLayout(folder, manifest);
  if (!layout || layout.hasOwnJar) return layout;
  const { env, signal, lockFd, progress = () => undefined } = options;
  const { build, java, jars } = layout;
  await reported(
    progress,
    "classes",
    "compiling Glaux's classes for Spark",
    () => makeOwnJar({ id: manifest.id, build, java, sparkJars: jars.slice(0, -1) }, { env, signal, lockFd }),
    () => "Glaux's classes for Spark",
  );
  return readLayout(folder, manifest);
}

/**
 * True if there is nothing to make: the jar is there, and the archive either fits or could not be made for
 * exactly these files.
 */
function isSettled(manifest: Manifest, layout: Layout): boolean {
  if (!layout.hasOwnJar) return false;
  if (hasArchive(manifest, layout)) return true;
  const refused = manifest.archiveRefused;
  return refused?.key === layout.archiveKey && refused.training === trainingVersion();
}

const hasArchive = (manifest: Manifest, layout: Layout): boolean =>
  manifest.archive?.key === layout.archiveKey && existsSync(layout.archiveFile);

function toEngine(manifest: Manifest, layout: Layout): Engine {
  const archive = hasArchive(manifest, layout) ? layout.archiveFile : undefined;
  return {
    id: manifest.id,
    wireName: engineSpecs[manifest.id].wireName,
    folder: layout.folder,
    python: layout.python,
    java: layout.java,
    sparkHome: layout.sparkHome,
    jars: layout.jars,
    jvmFlags: archive === undefined ? layout.flags : [...layout.flags, ...archiveUseFlags(layout.javaMajor, archive)],
    archive,
    stamp: layout.archiveKey,
    versions: manifest.versions,
    with: manifest.with,
  };
}
