import { access, constants, stat, statfs } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { readConfig } from "../config/config.ts";
import {
  type Engine,
  type EngineSpec,
  engineSpecs,
  findPackingPython,
  hasJavaPackage,
  installEngine,
  lockEngine,
  packEngine,
  type PackedEngine,
  renderProgress,
} from "../engines/engines.ts";
import { whyNoTar } from "../pack/tar.ts";
import { writePack, type WrittenPack } from "../pack/write-pack.ts";
import { defaultEngineOf } from "./default-engine.ts";
import { readEngineId } from "./engine-id.ts";
import { CliError, usageError } from "./failure.ts";
import { shellQuote } from "./shell-quote.ts";
import { watchSignals } from "./signals.ts";

type Env = Readonly<Record<string, string | undefined>>;

export interface PackChoice {
  /** The minor version of Python 3 to pack for. */
  python?: number;
}

/** `glaux pack`: writes one archive from which Glaux and these engines are set up without a network. */
export async function pack(
  env: Env,
  name: string,
  engineNames: readonly string[],
  { python: pythonMinor }: PackChoice,
): Promise<number> {
  const file = resolve(name);
  const config = readConfig(env);
  const named = engineNames.map(readEngineId);
  const ids = [...new Set(named.length > 0 ? named : [await defaultEngineOf(config, env)])];
  using signals = watchSignals();
  const { enginesFolder, pythonDownloads } = config;
  await requirePlace(file);
  const options = { env, signal: signals.abort, progress: renderProgress(process.stdout) };
  await requirePython(enginesFolder, ids, pythonMinor, options);
  const engines: Engine[] = [];
  for (const id of ids) engines.push(await installEngine(enginesFolder, id, { ...options, with: [], pythonDownloads }));

  const work = join(enginesFolder, "pack");
  const onWait = (holder: string) => process.stdout.write(`Waiting for another \`glaux pack\` (${holder}) …\n`);
  await using lock = await lockEngine(join(enginesFolder, "pack.lock"), {
    ...{ env, signal: signals.abort, onWait },
    python: engines[0]?.python ?? "python3",
  });
  await requireSpace(enginesFolder, dirname(file), engines);
  const addEngines = async (folder: string): Promise<PackedEngine[]> => {
    const packed: PackedEngine[] = [];
    for (const engine of engines) {
      const more = { enginesFolder, pythonMinor, work: join(work, engine.id), lockFd: lock.fd };
      packed.push(await packEngine(engine, folder, { ...options, ...more }));
    }
    return packed;
  };
  const onWriting = (bytes: number) => process.stdout.write(`Writing ${megabytes(bytes)} into ${file} …\n`);
  const written = await writePack(file, { work, signal: signals.abort, addEngines, onWriting });
  process.stdout.write(describe(file, written));
  return 0;
}

async function requirePython(
  enginesFolder: string,
  ids: readonly EngineSpec["id"][],
  pythonMinor: number | undefined,
  options: Parameters<typeof findPackingPython>[3],
): Promise<void> {
  if (pythonMinor === undefined) return;
  for (const id of ids) {
    const minors = [...engineSpecs[id].pythonMinors].sort((a, b) => a - b);
    if (!minors.includes(pythonMinor)) {
      const takes = minors.map((minor) => `3.${String(minor)}`).join(", ");
      throw usageError(`engine ${id} does not run on Python 3.${String(pythonMinor)}: choose one of ${takes}`);
    }
    await findPackingPython(enginesFolder, engineSpecs[id], pythonMinor, options);
  }
}

/** Refuses a file that cannot become the archive, before minutes of work. */
async function requirePlace(file: string): Promise<void> {
  if (!/\.(tar\.gz|tgz)$/.test(file)) throw usageError(`${file}: the archive's name must end with .tar.gz or .tgz`);
  const folder = dirname(file);
  const [there, place] = await Promise.all([file, folder].map((path) => stat(path).catch(() => undefined)));
  if (there && !there.isFile()) throw usageError(`${file} is no file`);
  if (!place?.isDirectory()) throw usageError(`there is no folder ${folder}`);
  await access(folder, constants.W_OK).catch(() => {
    throw usageError(`${folder} may not be written: choose another place for the archive`);
  });
  const why = await whyNoTar();
  if (why !== undefined) throw new CliError(`${why}\n  → apt install tar gzip, or dnf install tar gzip`);
}

/** Bytes that an engine takes in the work folder, and then again in the archive. */
const bytesOf = ({ with: additions }: Engine): number => (additions.includes("athena") ? 1.1e9 : 0.7e9);

async function requireSpace(work: string, target: string, engines: readonly Engine[]): Promise<void> {
  const bytes = engines.reduce((sum, engine) => sum + bytesOf(engine), 0);
  const [ofWork, ofTarget] = await Promise.all([stat(work), stat(target)]);
  const isOneDisk = ofWork.dev === ofTarget.dev;
  await requireFree(work, isOneDisk ? 2 * bytes : bytes);
  if (!isOneDisk) await requireFree(target, bytes);
}

async function requireFree(folder: string, needed: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize >= needed) return;
  const free = `${megabytes(bavail * bsize)} free, and ${megabytes(needed)} are needed`;
  throw new CliError(`${folder} has ${free}\n  → free some space, or write the archive elsewhere`);
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
