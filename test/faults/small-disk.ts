// A disk of a few megabytes: a tmpfs, which only root may mount.
import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmdirSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Why no small disk can be mounted here; undefined if it can. */
export const noSmallDisk = mountRefusal();

export class SmallDisk implements Disposable {
  readonly path: string;
  readonly #ballast: string;

  constructor(megabytes: number) {
    this.path = mkdtempSync(join(tmpdir(), "glaux-disk-"));
    this.#ballast = join(this.path, "ballast");
    run("mount", "-t", "tmpfs", "-o", `size=${String(megabytes)}m`, "glaux-test", this.path);
  }

  /** Fills the disk to the last byte. */
  fill(): void {
    const file = openSync(this.#ballast, "a");
    try {
      for (let size = 65_536; size > 0; size = Math.floor(size / 2)) {
        const block = Buffer.alloc(size);
        while (isWritten(file, block));
      }
    } finally {
      closeSync(file);
    }
  }

  free(): void {
    rmSync(this.#ballast);
  }

  /** Makes the disk read-only. Fails while a file on it is open for writing. */
  setReadOnly(): void {
    run("mount", "-o", "remount,ro", this.path);
  }

  [Symbol.dispose](): void {
    run("umount", "--lazy", this.path);
    rmdirSync(this.path);
  }
}

/**
 * Makes a folder read-only for every process, root's too, that opens files in it from now on. Disposing of
 * the answer undoes that.
 */
export function readOnly(folder: string): Disposable {
  run("mount", "--bind", folder, folder);
  run("mount", "-o", "remount,bind,ro", folder);
  return {
    [Symbol.dispose]: () => {
      run("umount", folder);
    },
  };
}

function isWritten(file: number, block: Buffer): boolean {
  try {
    return writeSync(file, block) === block.length;
  } catch {
    return false;
  }
}

function mountRefusal(): string | undefined {
  if (process.getuid?.() !== 0) return "only root may mount a small disk";
  const folder = mkdtempSync(join(tmpdir(), "glaux-disk-"));
  const { status } = spawnSync("mount", ["-t", "tmpfs", "-o", "size=1m", "glaux-test", folder]);
  if (status === 0) spawnSync("umount", [folder]);
  rmdirSync(folder);
  return status === 0 ? undefined : "nothing can be mounted here";
}

function run(command: string, ...args: string[]): void {
  const { status, stderr } = spawnSync(command, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${stderr}`);
}
