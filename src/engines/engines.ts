/** What other parts may use of the engines. */
export { engineIds, isEngineId } from "../domain/engine-version.ts";
export type { Engine, EngineListing } from "./engine.ts";
export type { EngineSpec } from "./specs.ts";
export { engineSpecs, hasJavaPackage } from "./specs.ts";
export { completeEngines, findEngine, isInstalled, listEngines } from "./find-engine.ts";
export { findPackingPython, packEngine } from "./pack-engine.ts";
export { findPacked, type PackedEngine, type PackManifest, packPaths, readPack } from "./pack.ts";
export { lockEngine } from "./install-lock.ts";
export { installEngine, type InstallOptions } from "./install-engine.ts";
export type { Addition, InstallProgress, InstallStep } from "./progress.ts";
export { renderProgress } from "./render.ts";
export { EngineError, NoPython } from "./errors.ts";
export { hasPython } from "./choose-python.ts";
