/** What other parts may use of the engines. */
export type { Engine, EngineListing } from "./engine.ts";
export type { EngineSpec } from "./specs.ts";
export { engineSpecs } from "./specs.ts";
export { completeEngines, findEngine, isInstalled, listEngines } from "./find-engine.ts";
export { installEngine, type InstallOptions } from "./install-engine.ts";
export type { Addition, InstallProgress, InstallStep } from "./progress.ts";
export { renderProgress } from "./render.ts";
export { EngineError, NoPython } from "./errors.ts";
export { hasPython } from "./choose-python.ts";
