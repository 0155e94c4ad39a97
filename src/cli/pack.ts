import { stat } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { readConfig } from "../config/config.ts";
import {
  type Engine,
  engineSpecs,
  hasJavaPackage,
  installEngine,
  packEngine,
  type PackedEngine,
  renderProgress,
} from "../engines/engines.ts";
import { writePack, type WrittenPack } from "../pack/write-pack.ts";
import { defaultEngineOf } from "./default-engine.ts";
import { readEngineId } from "./engine-id.ts";
import { usageError } from "./failure.ts";
import { shellQuote } from "./shell-quote.ts";
import { watchSignals } from "./signals.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** `glaux pack`: writes one archive from which Glaux and these engines are set up without a network. */
export async function pack(env: Env, name: string, engineNames: readonly string[]): Promise<number> {
  const file = resolve(name);
  await requirePlace(file);
  const config = readConfig(env);
  const ids = engineNames.length > 0 ? new Set(engineNames.map(readEngineId)) : [await defaultEngineOf(config, env)];
  using signals = watchSignals();
  const options = { env, signal: signals.abort, progress: renderProgress(process.stdout) };
  const engines: Engine[] = [];
  for (const id of ids)
    engines.push(
      await installEngine(config.enginesFolder, id, { ...options, with: [], pythonDownloads: config.pythonDownloads }),
    );
  const addEngines = async (folder: string): Promise<PackedEngine[]> => {
    const packed: PackedEngine[] = [];
    for (const engine of engines) packed.push(await packEngine(engine, folder, options));
    return packed;
  };
  const onWriting = (bytes: number) => process.stdout.write(`Writing ${megabytes(bytes)} into ${file} …\n`);
  const written = await writePack(file, { signal: signals.abort, addEngines, onWriting });
  process.stdout.write(describe(file, written));
  return 0;
}

/** Refuses what cannot become the archive, before minutes of work. */
async function requirePlace(file: string): Promise<void> {
  if (!/\.(tar\.gz|tgz)$/.test(file)) throw usageError(`${file}: the archive's name must end with .tar.gz or .tgz`);
  const [there, folder] = await Promise.all([file, dirname(file)].map((path) => stat(path).catch(() => undefined)));
  if (there && !there.isFile()) throw usageError(`${file} is no file`);
  if (!folder?.isDirectory()) throw usageError(`there is no folder ${dirname(file)}`);
}

function describe(file: string, { folder, machine, glibc, engines, bytes }: WrittenPack): string {
  const lines = engines.map(({ id, with: additions, pythonMinor }) => {
    const spec = engineSpecs[id];
    const more = additions.length > 0 ? ` with ${additions.join(", ")}` : "";
    const java = hasJavaPackage(spec) ? "" : `, and ${spec.javaDescription}`;
    return `  engine ${id} (Spark ${spec.sparkVersion})${more}: needs Python 3.${String(pythonMinor)}${java}`;
  });
  return `${file}: ${megabytes(bytes)}, for Linux on ${machine} with glibc ${glibc} or later
${lines.join("\n")}

On a machine without a network:

  tar -xf ${shellQuote(basename(file))}
  ${folder}/glaux serve
`;
}

const megabytes = (bytes: number): string => `${String(Math.round(bytes / 1e6))} MB`;
