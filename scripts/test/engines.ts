// The engines that real-Spark tests run on.
import { cliEntry } from "../../bin/run-node.mjs";
import { EngineError } from "../../src/engines/errors.ts";
import { engineSpecs } from "../../src/engines/specs.ts";
import { findPython } from "../../src/engines/python.ts";
import { runNode } from "../run-tool.ts";
import type { Skip } from "./counts.ts";
import { testEnvironment } from "./environment.ts";

export type EngineId = keyof typeof engineSpecs;

/** Every test runs on this one. */
export const mainEngine: EngineId = "3.5";

/** On this one those do that differ from engine to engine. */
export const secondEngine: EngineId = "4";

export const isEngine = (id: string): id is EngineId => Object.hasOwn(engineSpecs, id);

/** Installs it if it is missing; throws if that fails. */
export async function ensureEngine(id: EngineId): Promise<void> {
  const { code } = await runNode([cliEntry(), "engines", "install", id], { live: true, env: testEnvironment() });
  if (code !== 0) throw new Error(`Engine ${id} could not be installed (exit code ${code}).`);
}

/** The same for an engine that a machine may be too old for: then its tests are skipped, for the reason that is answered. */
export async function ensureSecondEngine(): Promise<Skip | undefined> {
  const spec = engineSpecs[secondEngine];
  try {
    await findPython(spec, { env: process.env });
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return { test: `everything on engine ${secondEngine}`, reason: `not to be had here: ${error.message}` };
  }
  await ensureEngine(secondEngine);
  return undefined;
}
