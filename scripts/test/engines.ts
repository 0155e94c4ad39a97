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

/** The engine that every test runs on. */
export const mainEngine: EngineId = "3.5";

/** The engine that only those tests run on which differ from engine to engine. */
export const secondEngine: EngineId = "4";

/** Installs the main engine if it is missing. Throws if that fails. */
export async function ensureEngine(id: EngineId): Promise<void> {
  const { code } = await runNode([cliEntry(), "engines", "install", id], { live: true, env: testEnvironment() });
  if (code !== 0) throw new Error(`Engine ${id} could not be installed (exit code ${code}).`);
}

/**
 * Provides an engine that the machine may be too old for. If it cannot be had, its tests are skipped, for the
 * reason that is returned. The engine is installed on the newest of the machine's Pythons that it takes, as
 * on a machine that has no other Python. An engine that is installed already is left as it is.
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

/**
 * Installs the engine as on a machine with this Python alone. The Python gets a folder of its own, because
 * its real folder may have others.
 */
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
