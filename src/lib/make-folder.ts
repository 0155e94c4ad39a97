import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";

/** Makes a folder, and those above it, where they are missing. Says why it cannot: Node's own recursive mkdir says ENOENT of a read-only disk (Node 24). */
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
