import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { type PackedEngine, type PackManifest, packPaths } from "../engines/engines.ts";
import { fileDigest } from "../lib/file-digest.ts";
import { packageVersion } from "../lib/package-root.ts";
import { copyApp } from "./app-files.ts";
import { requiredGlibc } from "./glibc.ts";
import { makeArchive } from "./tar.ts";

export interface PackOptions {
  signal: AbortSignal;
  /** Puts the engines into the archive's folder, and says which they are; the first is the default one of the new copy. */
  addEngines: (folder: string) => Promise<PackedEngine[]>;
  /** Called when all is there and the archive is being written. */
  onWriting?: (bytes: number) => void;
}

/** What a machine has to have, and how the archive's only folder is called. */
export interface WrittenPack {
  folder: string;
  machine: string;
  glibc: string;
  engines: PackedEngine[];
  bytes: number;
}

/**
 * Writes an archive (tar, gzip) from which Glaux and its engines are set up without a network. Its one folder holds:
 * - `glaux`, a shell script that looks at the machine and runs Glaux on the Node that came with it;
 * - `app`, Glaux and its npm packages;
 * - `engines`, what engines are installed from;
 * - `glaux-pack.json`, the list of all these files with their checksums.
 *
 * The file appears under its name when it is whole. What is collected lies beside it until then, and is removed whatever happens.
 */
export async function writePack(file: string, { signal, addEngines, onWriting }: PackOptions): Promise<WrittenPack> {
  const work = await mkdtemp(join(dirname(file), ".glaux-pack-"));
  try {
    const name = `glaux-${packageVersion()}-linux-${process.arch}`;
    const folder = join(work, name);
    await mkdir(join(folder, packPaths.packages), { recursive: true });
    const engines = await addEngines(folder);
    const own = await copyApp(join(folder, "app"));
    signal.throwIfAborted();
    const glibc = requiredGlibc(await readdir(join(folder, packPaths.packages)));
    const machine = machines[process.arch] ?? process.arch;
    const named = own === "" ? "" : `${own}/`;
    await writeLauncher(join(folder, "glaux"), { machine, glibc, engine: engines[0]?.id ?? "", package: named });
    const files = await listFiles(folder, signal);
    const manifest: PackManifest = { format: 1, version: packageVersion(), engines, files };
    await writeFile(join(folder, "glaux-pack.json"), JSON.stringify(manifest));
    onWriting?.(files.reduce((sum, { bytes }) => sum + bytes, 0));
    const unfinished = join(work, basename(file));
    await makeArchive(folder, unfinished, signal);
    await rename(unfinished, file);
    return { folder: name, machine, glibc, engines, bytes: (await stat(file)).size };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** What `uname -m` says, by Node's names. */
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
