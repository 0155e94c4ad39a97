import type { Config } from "../config/config.ts";
import { completeEngines, installEngine, isInstalled, renderProgress, type Engine } from "../engines/engines.ts";

interface EnsureOptions {
  /** Where progress is shown. */
  terminal: NodeJS.WriteStream;
  signal: AbortSignal;
  /** Called if there is something to install; may refuse by throwing. */
  beforeInstall?: () => Promise<void>;
}

/** The default engine, installed if it is missing. The other engines that are installed get what this version of Glaux adds to them. */
export async function ensureEngine(
  config: Config,
  env: Readonly<Record<string, string | undefined>>,
  { terminal, signal, beforeInstall }: EnsureOptions,
): Promise<Engine> {
  const { enginesFolder, defaultEngine, pythonDownloads } = config;
  if (!(await isInstalled(enginesFolder, defaultEngine))) {
    await beforeInstall?.();
    terminal.write(
      `Installing the Spark engine ${defaultEngine} into ${enginesFolder} (once; up to 900 MB to download):\n`,
    );
  }
  try {
    const progress = renderProgress(terminal);
    const options = { with: [], progress, signal, env, pythonDownloads };
    const engine = await installEngine(enginesFolder, defaultEngine, options);
    await completeEngines(enginesFolder, { progress, signal, env });
    return engine;
  } catch (error) {
    if (signal.aborted) terminal.write("\nStopped. The next start continues the installation.\n");
    throw error;
  }
}
