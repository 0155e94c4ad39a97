import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Makes a folder and its missing parents. Unlike Node's own recursive mkdir, its error says why it failed: on
 * a read-only disk, Node 24 says ENOENT.
 */
export async function makeFolder(path: string, { mode }: { mode?: number } = {}): Promise<void> {
  try {
    await mkdir(path, { recursive: true, ...(mode === undefined ? {} : { mode }) });
  } catch (error) {
    const parent = dirname(path);
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT") || parent === path) throw error;
    await makeFolder(parent, mode === undefined ? {} : { mode });
    await mkdir(path, mode);
  }
}
