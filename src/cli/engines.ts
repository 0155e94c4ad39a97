import { readConfig } from "../config/config.ts";
import { installEngine, listEngines as list, renderProgress, type EngineListing } from "../engines/engines.ts";
import { additions, type Addition } from "../engines/progress.ts";
import { glauxCommand } from "./command-line.ts";
import { defaultEngineOf } from "./default-engine.ts";
import { readEngineId } from "./engine-id.ts";
import { usageError } from "./failure.ts";
import { watchSignals } from "./signals.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** `glaux engines list` */
export async function listEngines(env: Env): Promise<number> {
  const config = readConfig(env);
  const defaultEngine = await defaultEngineOf(config, env);
  const rows = (await list(config.enginesFolder)).map((engine) => describe(engine, defaultEngine, env));
  process.stdout.write(`Engines in ${config.enginesFolder}:\n\n${rows.join("\n")}\n`);
  return 0;
}

function describe({ id, wireName, installed }: EngineListing, defaultEngine: string, env: Env): string {
  const name = `  ${id.padEnd(4)} ${wireName}${id === defaultEngine ? " (default)" : ""}`;
  if (!installed) return `${name}\n       not installed → ${glauxCommand(env, `engines install ${id}`)}\n`;
  const { spark, python, java } = installed.versions;
  const more = installed.with.length > 0 ? `, with ${installed.with.join(", ")}` : "";
  const slower = installed.archive === undefined ? ", without its start-up archive (sessions start slower)" : "";
  return `${name}\n       Spark ${spark}, Python ${python}, Java ${java}${more}${slower}\n       ${installed.folder}\n`;
}

/** `glaux engines install` */
export async function install(env: Env, id: string | undefined, options: { with?: string[] }): Promise<number> {
  const config = readConfig(env);
  const engineId = id === undefined ? await defaultEngineOf(config, env) : readEngineId(id);
  using signals = watchSignals();
  const engine = await installEngine(config.enginesFolder, engineId, {
    with: (options.with ?? []).map(addition),
    progress: renderProgress(process.stdout),
    signal: signals.abort,
    env,
    pythonDownloads: config.pythonDownloads,
  });
  process.stdout.write(`Engine ${engine.id} (Spark ${engine.versions.spark}) is installed in ${engine.folder}.\n`);
  return 0;
}

function addition(name: string): Addition {
  const found = additions.find((known) => known === name);
  if (found === undefined) throw usageError(`--with ${name}: choose one of ${additions.join(", ")}`);
  return found;
}
