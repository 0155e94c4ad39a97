import { access, constants, readdir } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { type Environment, runStep } from "../lib/run-step.ts";
import { NoPython } from "./errors.ts";
import type { EngineSpec } from "./specs.ts";

export interface BasePython {
  /** The real binary, neither a shim nor a link. */
  path: string;
  version: string;
  minor: number;
  /** False on Debian without python3-venv. Such a Python is taken only if there is no other. */
  hasEnsurepip: boolean;
  hasPip: boolean;
}

/**
 * How long an interpreter may take to answer. A shim may wait for something, such as an answer or a download.
 */
const probeLimitMs = 10_000;

export interface PythonSearch {
  env: Environment;
  signal?: AbortSignal | undefined;
  limitMs?: number;
  /** The folders to look in; by default those of `pythonFolders`. */
  folders?: readonly string[];
}

/** The best interpreter for the engine among all on this machine. Throws NoPython. */
export async function findPython(spec: EngineSpec, search: PythonSearch): Promise<BasePython> {
  const { env, signal, limitMs = probeLimitMs, folders = await pythonFolders(env) } = search;
  const rejected: string[] = [];
  let second: BasePython | undefined;
  for await (const candidate of candidates(spec, folders)) {
    const python = await probe(candidate, { env, signal, limitMs });
    if (typeof python === "string") rejected.push(`${candidate}: ${python}`);
    else if (spec.pythonMinors.includes(python.minor)) {
      if (python.hasEnsurepip) return python;
      second ??= python;
    } else rejected.push(`${candidate}: version ${python.version}`);
  }
  if (second) return second;
  throw noPython(spec, rejected);
}

function noPython(spec: EngineSpec, rejected: readonly string[]): NoPython {
  const minors = [...spec.pythonMinors].sort((a, b) => a - b);
  const wanted = `Python ${[...new Set([minors[0], minors.at(-1)])].map((minor) => `3.${String(minor)}`).join(" to ")}`;
  const found =
    rejected.length === 0 ? "no python3 was found." : `found:\n${rejected.map((line) => `    ${line}`).join("\n")}`;
  const version = `3.${String(spec.pythonMinors[0])}`;
  return new NoPython(
    `Spark ${spec.sparkVersion} needs ${wanted}; ${found}`,
    `install one with \`uv python install ${version}\`, or where the system has it with \`apt install python${version} python${version}-venv\` or \`dnf install python${version}\`, then try again`,
  );
}

/** The folders of the PATH, then the usual ones, then those where pyenv and uv keep their Pythons. */
export async function pythonFolders(env: Environment): Promise<string[]> {
  const home = env.HOME ?? "/nonexistent";
  const path = (env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  const folders = new Set([...path, "/usr/bin", "/usr/local/bin"]);
  for (const root of [join(env.PYENV_ROOT ?? join(home, ".pyenv"), "versions"), join(home, ".local/share/uv/python")]) {
    const versions = await readdir(root).catch(() => [] as string[]);
    for (const version of versions.sort().reverse()) folders.add(join(root, version, "bin"));
  }
  return [...folders];
}

/** The paths of executables that exist, best first. */
async function* candidates(spec: EngineSpec, folders: readonly string[]): AsyncGenerator<string> {
  for (const name of [...spec.pythonMinors.map((minor) => `python3.${String(minor)}`), "python3"]) {
    for (const folder of folders) {
      const file = join(folder, name);
      if (await isExecutable(file)) yield file;
    }
  }
}

const isExecutable = (file: string): Promise<boolean> =>
  access(file, constants.X_OK).then(
    () => true,
    () => false,
  );

/** `_base_executable` leads out of a virtual environment and past a shim. */
const probeCode = `
import importlib.util, json, os, platform, struct, sys
print(json.dumps({
    "path": os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable),
    "version": platform.python_version(),
    "minor": sys.version_info[1] if sys.version_info[0] == 3 else -1,
    "implementation": platform.python_implementation(),
    "bits": struct.calcsize("P") * 8,
    "venv": importlib.util.find_spec("venv") is not None,
    "hasEnsurepip": importlib.util.find_spec("ensurepip") is not None,
    "hasPip": importlib.util.find_spec("pip") is not None,
}))`;

/** The interpreter behind a path, or a text that says why it cannot be used. */
async function probe(
  file: string,
  options: { env: Environment; signal: AbortSignal | undefined; limitMs: number },
): Promise<BasePython | string> {
  let answer: BasePython & { implementation: string; bits: number; venv: boolean };
  try {
    const { code, stdout, tail } = await runStep(file, ["-I", "-c", probeCode], options);
    if (code !== 0) return `does not run (${tail.split("\n")[0] ?? ""})`;
    answer = JSON.parse(stdout) as typeof answer;
  } catch (error) {
    options.signal?.throwIfAborted();
    return `does not run (${error instanceof Error ? error.message : String(error)})`;
  }
  const { implementation, bits, venv, ...python } = answer;
  if (implementation !== "CPython") return `is ${implementation}, which Spark's packages do not support`;
  if (bits !== 64) return "is a 32-bit build";
  if (!venv) return `version ${python.version}, without its module venv`;
  return python;
}
