import { createHash } from "node:crypto";
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Environment } from "../lib/run-step.ts";
import { installContext, type InstallContext, once } from "./install-context.ts";
import { lockEngine } from "./install-lock.ts";
import { failed, installLock, makeVenv } from "./packages.ts";
import type { OnProgress } from "./progress.ts";
import { type BasePython, findPython, type PythonSearch } from "./python.ts";
import type { EngineSpec } from "./specs.ts";

interface FetchOptions {
  env: Environment;
  signal: AbortSignal;
  progress: OnProgress;
  /** Where the Pythons of the machine are. */
  folders: readonly string[];
}

/**
 * Fetches the best Python for the engine, for a machine whose own Pythons do not fit. One of the machine's
 * Pythons installs `uv` from PyPI into the engines folder, and uv fetches a build of CPython into the same
 * folder (https://docs.astral.sh/uv/concepts/python-versions). The user's settings of uv hold, such as
 * UV_PYTHON_INSTALL_MIRROR. Throws EngineError, for example if the download is refused.
 */
export async function fetchPython(enginesFolder: string, spec: EngineSpec, options: FetchOptions): Promise<BasePython> {
  const { env, signal, progress, folders } = options;
  const any = await findPython({ ...spec, pythonMinors: anyMinors }, { env, signal, folders });
  const home = join(enginesFolder, "python");
  await using lock = await lockEngine(join(home, "lock"), {
    python: any.path,
    env,
    signal,
    onWait: (holder) => {
      const message = `another install fetches a Python (${holder})`;
      progress({ step: "wait", state: "running", message, elapsedMs: 0 });
    },
  });
  const context = installContext({ env, signal, progress, build: join(home, await uvFolder()) }, lock.fd);
  const version = `3.${String(spec.pythonMinors[0])}`;
  const uv = await installUv(context, any);
  await removeOthers(home, context.build);
  const args = ["python", "install", version, "--install-dir", join(home, "versions"), "--no-bin", "--no-config"];
  const fetched = await context.run(uv, args);
  if (fetched.code !== 0) {
    throw failed(
      `Python ${version} could not be fetched`,
      fetched,
      `check the network and the proxy (HTTPS_PROXY), name a mirror of uv's Pythons with UV_PYTHON_INSTALL_MIRROR, or install Python ${version}`,
    );
  }
  const search: PythonSearch = { env, signal, folders: await fetchedFolders(enginesFolder) };
  return await findPython({ ...spec, pythonMinors: spec.pythonMinors.slice(0, 1) }, search);
}

/** The `bin` folders of the Pythons that were fetched. */
export async function fetchedFolders(enginesFolder: string): Promise<string[]> {
  const versions = join(enginesFolder, "python/versions");
  const names = await readdir(versions).catch(() => [] as string[]);
  return names.map((name) => join(versions, name, "bin"));
}

/** Python 3.9 and later: pip's pinned version needs 3.9. uv itself is no Python program. */
const anyMinors = Array.from({ length: 20 }, (_, n) => 9 + n);

/** Its name has a digest of uv's lock file, so another version of uv is not mistaken for this one. */
async function uvFolder(): Promise<string> {
  const lock = await readFile(new URL("requirements/uv.txt", import.meta.url));
  return `uv-${createHash("sha256").update(lock).digest("hex").slice(0, 8)}`;
}

/** Removes the versions of uv that earlier versions of Glaux used. */
async function removeOthers(home: string, current: string): Promise<void> {
  const names = (await readdir(home)).filter((name) => name.startsWith("uv-") && join(home, name) !== current);
  for (const name of names) await rm(join(home, name), { recursive: true, force: true });
}

async function installUv(context: InstallContext, python: BasePython): Promise<string> {
  await once(context, "python", "uv", "installing uv, which fetches Pythons", async () => {
    await makeVenv(context, python);
    await installLock(context, "uv.txt");
  });
  return join(context.build, "venv/bin/uv");
}
