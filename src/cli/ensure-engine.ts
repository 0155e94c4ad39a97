import type { Config } from "../config/config.ts";
import { findEngine, installEngine, renderProgress, type Engine } from "../engines/engines.ts";

interface EnsureOptions {
  /** Where progress is shown. */
  terminal: NodeJS.WriteStream;
  signal: AbortSignal;
  /** Called if there is something to install; may refuse by throwing. */
  beforeInstall?: () => Promise<void>;
}

/** The default engine, installed if it is missing. */
export async function ensureEngine(
  config: Config,
  env: Readonly<Record<string, string | undefined>>,
  { terminal, signal, beforeInstall }: EnsureOptions,
): Promise<Engine> {
  const { enginesFolder, defaultEngine } = config;
  const isInstalled = (await findEngine(enginesFolder, defaultEngine, { rebuild: false, env })) !== undefined;
  if (!isInstalled) {
    await beforeInstall?.();
    terminal.write(
      `Installing the Spark engine ${defaultEngine} into ${enginesFolder} (once; up to 900 MB to download):\n`,
    );
  }
  try {
    return await installEngine(enginesFolder, defaultEngine, {
      with: [],
      progress: renderProgress(terminal),
      signal,
      env,
    });
  } catch (error) {
    if (signal.aborted) terminal.write("\nStopped. The next start continues the installation.\n");
    throw error;
  }
}
