import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Environment, runStep, type StepResult } from "../lib/run-step.ts";
import { EngineError } from "./errors.ts";
import type { InstallContext } from "./install-context.ts";
import { type Pack, packPaths } from "./pack.ts";
import type { InstallProgress } from "./progress.ts";
import type { BasePython } from "./python.ts";

/**
 * Makes the virtual environment, with a pip and no other package. Throws an unfinished environment of an
 * earlier install away.
 */
export async function makeVenv(context: InstallContext, base: BasePython): Promise<void> {
  const venv = join(context.build, "venv");
  await rm(venv, { recursive: true, force: true });
  const isWithPip = base.hasEnsurepip && !context.pack;
  const args = ["-I", "-m", "venv", ...(isWithPip ? [] : ["--without-pip"]), venv];
  const made = await context.run(base.path, args);
  if (made.code !== 0) throw failed("python -m venv failed", made, "see the message above");
  if (context.pack) return installPackedPip(context, context.pack);
  if (isWithPip) return;
  // Debian has ensurepip in a package of its own. If the system's Python has a pip, that pip can install a
  // pip into the environment.
  const borrowed = base.hasPip
    ? await pip(context, base.path, [
        "--python",
        join(venv, "bin/python"),
        "install",
        ...lockArgs(context, "bootstrap.txt"),
      ])
    : undefined;
  if (borrowed?.code !== 0) {
    throw new EngineError(
      `${base.path} cannot make virtual environments: its module ensurepip is missing`,
      `apt install python3.${String(base.minor)}-venv`,
    );
  }
}

/**
 * Installs pip from the archive. A wheel of pip can be run as it is, so the archive needs no ensurepip, which
 * Debian has in a package of its own.
 */
async function installPackedPip(context: InstallContext, pack: Pack): Promise<void> {
  const packages = join(pack.folder, packPaths.packages);
  const wheel = (await readdir(packages)).find((name) => /^pip-.*\.whl$/.test(name)) ?? "pip.whl";
  const args = ["install", ...lockArgs(context, "bootstrap.txt")];
  const python = join(context.build, "venv/bin/python");
  const installed = await pip(context, python, args, undefined, [join(packages, wheel, "pip")]);
  if (installed.code !== 0) throw explainPip(installed, "bootstrap.txt");
}

/** Installs one of the lock files: every package in its pinned version, with its checksum. */
export async function installLock(context: InstallContext, lock: string, onDownload?: OnDownload): Promise<void> {
  const python = join(context.build, "venv/bin/python");
  const args = ["install", ...lockArgs(context, lock)];
  // `--progress-bar raw`, which prints numbers instead of a bar, came with pip 24.1. So the pip of an old
  // Python is replaced first, without the option.
  const result = await pip(context, python, onDownload ? [...args, "--progress-bar", "raw"] : args, onDownload);
  if (result.code !== 0) throw explainPip(result, lock);
}

/** Downloads into a folder what `installLock` would install, for another machine with the same Python. */
export async function downloadLock(
  context: InstallContext,
  lock: string,
  folder: string,
  onDownload?: OnDownload,
): Promise<void> {
  const python = join(context.build, "venv/bin/python");
  const args = ["download", "--no-deps", "--progress-bar", "raw", "--dest", folder, ...lockArgs(context, lock)];
  const result = await pip(context, python, args, onDownload);
  if (result.code !== 0) throw explainPip(result, lock);
}

const lockArgs = ({ pack }: InstallContext, lock: string): string[] => [
  ...(pack ? ["--no-index", "--find-links", join(pack.folder, packPaths.packages)] : []),
  ...["--require-hashes", "--no-build-isolation", "-r", lockFile(lock)],
];

export type OnDownload = (message: string, download?: NonNullable<InstallProgress["download"]>) => void;

const lockFile = (name: string): string => fileURLToPath(new URL(`requirements/${name}`, import.meta.url));

function pip(
  context: InstallContext,
  python: string,
  args: readonly string[],
  onDownload?: OnDownload,
  program: readonly string[] = ["-m", "pip"],
): Promise<StepResult> {
  return runStep(python, [...program, "--disable-pip-version-check", "--no-input", ...args], {
    ...context.step,
    env: pipEnvironment(context),
    onLine: onDownload ? readPip(onDownload) : () => undefined,
  });
}

/**
 * The user's index, proxy, certificates and cache hold. Settings that would put the packages elsewhere are
 * dropped. With an archive all of the user's pip settings are dropped: a `find-links` of the user would be
 * asked even without an index.
 */
function pipEnvironment({ env, pack }: InstallContext): Environment {
  const isKept = (name: string): boolean =>
    pack ? !name.startsWith("PIP_") : !["PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT"].includes(name);
  return {
    ...Object.fromEntries(Object.entries(env).filter(([name]) => isKept(name))),
    ...(pack ? { PIP_CONFIG_FILE: "/dev/null" } : {}),
    PIP_DISABLE_PIP_VERSION_CHECK: "1",
    PYTHONUNBUFFERED: "1",
  };
}

/** Reads the lines that pip prints as it works. */
export function readPip(onDownload: OnDownload): (line: string) => void {
  let name = "";
  return (line) => {
    const downloading = /^\s*Downloading (\S+) \(([\d.]+) (\w+)\)/.exec(line);
    const progress = /^Progress (\d+) of (\d+)/.exec(line);
    const building = /^\s*Building wheel for (\S+) .*started/.exec(line);
    const collecting = /^Collecting (\S+?)(?:==(\S+))? /.exec(line);
    if (downloading) {
      name = (downloading[1] ?? "").split("/").at(-1) ?? "";
      onDownload(name, {
        name,
        receivedBytes: 0,
        totalBytes: Number(downloading[2]) * (units[downloading[3] ?? ""] ?? 1),
      });
    } else if (progress) {
      onDownload(name, { name, receivedBytes: Number(progress[1]), totalBytes: Number(progress[2]) || undefined });
    } else if (collecting) {
      name = [collecting[1], collecting[2]].filter(Boolean).join(" ");
    } else if (/^\s*Preparing metadata/.test(line)) {
      onDownload(`preparing ${name}`);
    } else if (building) {
      onDownload(`preparing ${building[1] ?? ""}`);
    } else if (line.startsWith("Installing collected packages")) {
      onDownload(`unpacking ${String(line.split(",").length)} packages`);
    }
  };
}

const units: Record<string, number> = { bytes: 1, kB: 1e3, MB: 1e6, GB: 1e9 };

/** Turns a failure of pip into an error that says what to do about it. */
export function explainPip(result: StepResult, lock: string): EngineError {
  const { tail } = result;
  if (/No space left on device|Errno 28/.test(tail))
    return failed("the disk is full", result, "free some space, then try again");
  if (tail.includes("THESE PACKAGES DO NOT MATCH THE HASHES")) {
    return failed(
      `a downloaded package differs from the one that ${lock} names`,
      result,
      "clear pip's cache (`pip cache purge`) or check the package index that pip is set to, then try again",
    );
  }
  if (tail.includes("CERTIFICATE_VERIFY_FAILED")) {
    return failed(
      "the package index's certificate is not trusted",
      result,
      "set PIP_CERT to your organisation's certificate file, then try again",
    );
  }
  if (
    /NewConnectionError|NameResolutionError|ConnectTimeout|ReadTimeout|ProxyError|Temporary failure in name resolution|Network is unreachable|Connection refused|from versions: none/.test(
      tail,
    )
  ) {
    return failed(
      "the package index cannot be reached, or lacks a package",
      result,
      "check the network and the proxy (HTTPS_PROXY, or PIP_INDEX_URL for another index), then try again",
    );
  }
  return failed("pip failed", result, "see pip's message above; run the same command again to continue");
}

/** An error with the last lines that the program printed. */
export function failed(problem: string, result: StepResult, fix: string): EngineError {
  const lines = result.tail
    .split("\n")
    .slice(-12)
    .map((line) => `    ${line}`);
  return new EngineError(`${problem}:\n${lines.join("\n")}`, fix);
}
