import type { Config } from "../config/config.ts";
import { type EngineSpec, engineSpecs, hasPython, isInstalled } from "../engines/engines.ts";

type Env = Readonly<Record<string, string | undefined>>;
type EngineId = EngineSpec["id"];
type Choice = Pick<Config, "enginesFolder" | "defaultEngine" | "isDefaultEngineSet">;

/** The engine that takes the place of an engine for which this machine has no Python. */
const substitutes: Partial<Record<EngineId, EngineId>> = { "3.5": "4" };

/**
 * The engine that AUTO stands for at this moment. It is the engine that the user has set. Otherwise it is the
 * default engine, unless that engine cannot be installed because it has no Python here and its substitute is
 * installed.
 */
export async function defaultEngineOf(config: Choice, env: Env, pythonFolders?: readonly string[]): Promise<EngineId> {
  const { enginesFolder, defaultEngine } = config;
  const substitute = substituteOf(defaultEngine, config);
  // The substitute is looked for first: most machines do not have it, and to see that takes little time.
  if (substitute === undefined || !(await isInstalled(enginesFolder, substitute))) return defaultEngine;
  if (await isInstalled(enginesFolder, defaultEngine)) return defaultEngine;
  return (await canInstall(config, defaultEngine, env, pythonFolders)) ? defaultEngine : substitute;
}

/**
 * The engine to install instead of one that has no Python here. Undefined if there is no substitute, if the
 * substitute has no Python either, or if the user has named the engine.
 */
export async function substituteFor(
  id: EngineId,
  config: Choice,
  env: Env,
  pythonFolders?: readonly string[],
): Promise<EngineId | undefined> {
  const substitute = substituteOf(id, config);
  if (substitute === undefined) return undefined;
  return (await canInstall(config, substitute, env, pythonFolders)) ? substitute : undefined;
}

/**
 * One line about an engine that runs instead of the default engine; undefined if it is the default engine or
 * was set by the user.
 */
export function aboutSubstitute(id: EngineId, config: Choice): string | undefined {
  if (config.isDefaultEngineSet || id === config.defaultEngine) return undefined;
  const [wanted, substitute] = [engineSpecs[config.defaultEngine], engineSpecs[id]];
  const lacks = substitute.tableJars.iceberg ? "" : `; engine ${id} has no Iceberg and no Delta`;
  return `It runs instead of Spark ${wanted.sparkVersion}, for which there is no Python here${lacks}.`;
}

const substituteOf = (id: EngineId, { isDefaultEngineSet }: Choice): EngineId | undefined =>
  isDefaultEngineSet ? undefined : substitutes[id];

const canInstall = (config: Choice, id: EngineId, env: Env, pythonFolders?: readonly string[]) =>
  hasPython(config.enginesFolder, engineSpecs[id], { env, pythonFolders });
