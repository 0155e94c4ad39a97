import { chmod, cp, mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { type PackedEngine, type PackManifest, packPaths } from "../engines/engines.ts";
import { fileDigest } from "../lib/file-digest.ts";
import { packageRoot, packageVersion } from "../lib/package-root.ts";
import { copyApp } from "./app-files.ts";
import { requiredGlibc } from "./glibc.ts";
import { writeTar } from "./tar.ts";

export interface PackOptions {
  /**
   * A folder for the files that are collected. It is removed before and after, and nobody else may use it
   * meanwhile.
   */
  work: string;
  signal: AbortSignal;
  /**
   * Puts the engines into the archive's folder, and returns them. The first one is the new copy's default
   * engine.
   */
  addEngines: (folder: string) => Promise<PackedEngine[]>;
  /** Called with the size in bytes when all files are collected and the archive is about to be written. */
  onWriting?: (bytes: number) => void;
}

/** The name of the archive's only folder, and what a machine must have to run it. */
export interface WrittenPack {
  folder: string;
  machine: string;
  glibc: string;
  engines: PackedEngine[];
  bytes: number;
}

/**
 * Writes an archive (tar, gzip) from which Glaux and its engines are set up without a network. Its one folder
 * holds:
 * - `glaux`, a shell script that looks at the machine and runs Glaux on the Node that came with it;
 * - `app`, Glaux and its npm packages, and `deploy`, the unit for systemd;
 * - `engines`, what engines are installed from;
 * - `glaux-pack.json`, the list of all these files with their checksums.
 *
 * The file appears under its name when it is whole. Until then it is called `<file>.part`.
 */
export async function writePack(file: string, options: PackOptions): Promise<WrittenPack> {
  const { work, signal, addEngines, onWriting } = options;
  const unfinished = `${file}.part`;
  try {
    await rm(work, { recursive: true, force: true });
    const name = `glaux-${packageVersion()}-linux-${process.arch}`;
    const folder = join(work, name);
    await mkdir(join(folder, packPaths.packages), { recursive: true });
    const { program, node } = await copyApp(join(folder, "app"));
    await cp(join(packageRoot(), "deploy/glaux.service"), join(folder, "deploy/glaux.service"));
    signal.throwIfAborted();
    const engines = await addEngines(folder);
    const glibc = requiredGlibc(await readdir(join(folder, packPaths.packages)));
    const machine = machines[process.arch] ?? process.arch;
    const nodeBytes = String((await stat(join(folder, "app", node))).size);
    const values = { machine, glibc, program, node, nodeBytes, engine: engines[0]?.id ?? "" };
    await writeLauncher(join(folder, "glaux"), values);
    const files = await listFiles(folder, signal);
    const manifest: PackManifest = { format: 1, version: packageVersion(), engines, files };
    await writeFile(join(folder, "glaux-pack.json"), JSON.stringify(manifest));
    onWriting?.(files.reduce((sum, { bytes }) => sum + bytes, 0));
    await writeTar(folder, unfinished, signal);
    await rename(unfinished, file);
    return { folder: name, machine, glibc, engines, bytes: (await stat(file)).size };
  } finally {
    await rm(unfinished, { force: true });
    await rm(work, { recursive: true, force: true });
  }
}

/** What `uname -m` prints, by Node's names of architectures. */
const machines: Record<string, string> = { x64: "x86_64", arm64: "aarch64" };

async function writeLauncher(target: string, values: Record<string, string>): Promise<void> {
  const template = await readFile(fileURLToPath(new URL("launcher.sh", import.meta.url)), "utf8");
  await writeFile(
    target,
    template.replace(/@(\w+)@/g, (_, name: string) => values[name] ?? ""),
  );
  await chmod(target, 0o755);
}

async function listFiles(folder: string, signal: AbortSignal): Promise<PackManifest["files"]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const files: PackManifest["files"] = [];
  for (const path of paths.sort()) {
    const { size } = await stat(path);
    files.push({ path: relative(folder, path), bytes: size, sha256: await fileDigest(path, signal) });
  }
  return files;
}
