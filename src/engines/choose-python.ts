import type { Environment } from "../lib/run-step.ts";
import { EngineError, NoPython } from "./errors.ts";
import { fetchedFolders, fetchPython } from "./fetched-python.ts";
import type { PackedEngine } from "./pack.ts";
import type { OnProgress } from "./progress.ts";
import { type BasePython, findPython, pythonFolders } from "./python.ts";
import type { EngineSpec } from "./specs.ts";

/**
 * Whether a Python may be downloaded for an engine.
 * - `automatic`: if the machine has none that fits.
 * - `always`: the engine gets a downloaded Python, whatever the machine has.
 * - `never`: the engine gets a Python of the machine, or one that was downloaded before.
 */
export type PythonDownloads = "automatic" | "always" | "never";

export interface PythonOptions {
  env: Environment;
  signal: AbortSignal;
  progress: OnProgress;
  /** Where the machine's Pythons are, if not where `pythonFolders` says. */
  pythonFolders?: readonly string[] | undefined;
  pythonDownloads?: PythonDownloads;
}

/**
 * The Python for an engine. Throws NoPython if the machine has none that fits and none could be downloaded,
 * and EngineError if a download was demanded (`always`) and failed.
 */
export async function choosePython(
  enginesFolder: string,
  spec: EngineSpec,
  options: PythonOptions,
): Promise<BasePython> {
  const { env, signal, progress, pythonDownloads = "automatic" } = options;
  const ofMachine = options.pythonFolders ?? (await pythonFolders(env));
  const fetched = await fetchedFolders(enginesFolder);
  const folders = pythonDownloads === "always" ? fetched : [...ofMachine, ...fetched];
  try {
    return await findPython(spec, { env, signal, folders });
  } catch (missing) {
    if (!(missing instanceof NoPython) || pythonDownloads === "never") throw missing;
    try {
      return await fetchPython(enginesFolder, spec, { env, signal, progress, folders: ofMachine });
    } catch (refused) {
      if (!(refused instanceof EngineError) || pythonDownloads === "always") throw refused;
      throw new NoPython(`${missing.problem}\n  ${refused.problem}`, missing.fix, { cause: refused });
    }
  }
}

/**
 * The Python for an engine from an archive of `glaux pack`, whose packages are for one minor version. Throws
 * NoPython.
 */
export async function packedPython(
  enginesFolder: string,
  spec: EngineSpec,
  { pythonMinor }: PackedEngine,
  options: PythonOptions,
): Promise<BasePython> {
  const packed = { ...spec, pythonMinors: [pythonMinor] };
  try {
    // As a rule such a machine has no network, so a download is tried only if it is demanded.
    const pythonDownloads = options.pythonDownloads === "always" ? "always" : "never";
    return await choosePython(enginesFolder, packed, { ...options, pythonDownloads });
  } catch (error) {
    if (!(error instanceof NoPython)) throw error;
    const problem = `this copy of Glaux has the packages of engine ${spec.id} for Python 3.${String(pythonMinor)} alone`;
    throw new NoPython(`${problem}. ${error.problem}`, error.fix, { cause: error });
  }
}

/** Whether the engine could be installed without downloading a Python. */
export async function hasPython(
  enginesFolder: string,
  spec: EngineSpec,
  { env, pythonFolders: ofMachine }: Pick<PythonOptions, "env" | "pythonFolders">,
): Promise<boolean> {
  const folders = [...(ofMachine ?? (await pythonFolders(env))), ...(await fetchedFolders(enginesFolder))];
  try {
    await findPython(spec, { env, folders });
    return true;
  } catch (error) {
    if (error instanceof NoPython) return false;
    throw error;
  }
}
