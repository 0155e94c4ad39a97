// The engines that real-Spark tests run on.
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cliEntry } from "../../bin/run-node.mjs";
import { engineSpecs, installEngine, NoPython, renderProgress } from "../../src/engines/engines.ts";
import { type BasePython, findPython } from "../../src/engines/python.ts";
import { runNode } from "../run-tool.ts";
import type { Skip } from "./counts.ts";
import { enginesFolder, testEnvironment } from "./environment.ts";

export type EngineId = keyof typeof engineSpecs;

/** Every test runs on this one. */
export const mainEngine: EngineId = "3.5";

/** On this one those do that differ from engine to engine. */
export const secondEngine: EngineId = "4";

/** Installs it if it is missing; throws if that fails. */
export async function ensureEngine(id: EngineId): Promise<void> {
  const { code } = await runNode([cliEntry(), "engines", "install", id], { live: true, env: testEnvironment() });
  if (code !== 0) throw new Error(`Engine ${id} could not be installed (exit code ${code}).`);
}

/**
 * The same for an engine that a machine may be too old for: then its tests are skipped, for the reason that is answered. It is installed as on a
 * machine that has the newest Python alone that it takes; older ones are for where that is missing. One that is installed already is left as it is.
 */
export async function ensureSecondEngine(): Promise<Skip | undefined> {
  const spec = engineSpecs[secondEngine];
  const pythonMinors = [...spec.pythonMinors].sort((a, b) => b - a);
  try {
    const python = await findPython({ ...spec, pythonMinors }, { env: process.env });
    await installWith(python, secondEngine);
    return undefined;
  } catch (error) {
    if (!(error instanceof NoPython)) throw error;
    return { test: `everything on engine ${secondEngine}`, reason: `not to be had here: ${error.message}` };
  }
}

/** Installs it as on a machine with this Python alone: its own folder may have others. */
async function installWith({ path, minor }: BasePython, id: EngineId): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "glaux-python-"));
  try {
    symlinkSync(path, join(folder, `python3.${String(minor)}`));
    await installEngine(enginesFolder, id, {
      with: [],
      env: testEnvironment(),
      signal: new AbortController().signal,
      progress: renderProgress(process.stdout),
      pythonFolders: [folder],
      pythonDownloads: "never",
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
