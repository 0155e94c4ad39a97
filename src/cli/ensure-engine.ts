import type { Config } from "../config/config.ts";
import {
  completeEngines,
  type Engine,
  type EngineSpec,
  findPacked,
  installEngine,
  isInstalled,
  NoPython,
  readPack,
  renderProgress,
} from "../engines/engines.ts";
import { defaultEngineOf, substituteFor } from "./default-engine.ts";

type Env = Readonly<Record<string, string | undefined>>;

interface EnsureOptions {
  /** Where progress is shown. */
  terminal: Pick<NodeJS.WriteStream, "write" | "isTTY" | "columns">;
  signal: AbortSignal;
  /** Called before an engine is installed. May refuse by throwing. */
  beforeInstall?: () => Promise<void>;
  /** The folders of the machine's Pythons; by default the usual ones. */
  pythonFolders?: readonly string[];
}

/**
 * The default engine, which is installed if it is missing. If the machine has no Python for it and none can
 * be downloaded, the engine that takes its place. The other installed engines get what this version of Glaux
 * adds to them.
 */
export async function ensureEngine(config: Config, env: Env, options: EnsureOptions): Promise<Engine> {
  try {
    return await ensureDefault(config, env, options);
  } catch (error) {
    if (options.signal.aborted) options.terminal.write("\nStopped. The next start continues the installation.\n");
    throw error;
  }
}

async function ensureDefault(config: Config, env: Env, options: EnsureOptions): Promise<Engine> {
  const id = await defaultEngineOf(config, env, options.pythonFolders);
  try {
    return await ensure(id, config, env, options);
  } catch (error) {
    if (!(error instanceof NoPython)) throw error;
    const substitute = await substituteFor(id, config, env, options.pythonFolders);
    if (substitute === undefined) throw error;
    options.terminal.write(`${error.problem}\nSo engine ${substitute} takes its place.\n`);
    return await ensure(substitute, config, env, options);
  }
}

/**
 * Installs the other engines of the archive that this Glaux came in. A failure is reported and does not keep
 * the service from starting.
 */
export async function ensurePacked(engine: Engine, config: Config, env: Env, options: EnsureOptions): Promise<void> {
  const pack = await readPack();
  for (const { id } of pack?.manifest.engines ?? []) {
    if (id === engine.id) continue;
    try {
      await install(id, config, env, options);
    } catch (error) {
      options.signal.throwIfAborted();
      const reason = error instanceof Error ? error.message : String(error);
      options.terminal.write(`This copy's engine ${id} cannot be set up: ${reason}\nThe service starts without it.\n`);
    }
  }
}

async function ensure(id: EngineSpec["id"], config: Config, env: Env, options: EnsureOptions): Promise<Engine> {
  const { enginesFolder } = config;
  const { terminal, signal, beforeInstall } = options;
  if (!(await isInstalled(enginesFolder, id))) {
    await beforeInstall?.();
    const source = findPacked(await readPack(), id, []) ? "from the files of this copy" : "up to 900 MB to download";
    terminal.write(`Installing the Spark engine ${id} into ${enginesFolder} (once; ${source}):\n`);
  }
  const engine = await install(id, config, env, options);
  await completeEngines(enginesFolder, { progress: renderProgress(terminal), signal, env });
  return engine;
}

function install(id: EngineSpec["id"], config: Config, env: Env, options: EnsureOptions): Promise<Engine> {
  const { enginesFolder, pythonDownloads } = config;
  const { terminal, signal, pythonFolders } = options;
  const progress = renderProgress(terminal);
  return installEngine(enginesFolder, id, { with: [], progress, signal, env, pythonDownloads, pythonFolders });
}
