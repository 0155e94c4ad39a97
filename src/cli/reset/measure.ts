import type { Dirent } from "node:fs";
import { lstat, opendir } from "node:fs/promises";
import { join } from "node:path";

export interface Size {
  files: number;
  bytes: number;
  /** False if time ran out before everything was counted. */
  isWhole: boolean;
}

/** How many files are looked at together. */
const lookTogether = 64;

/**
 * Counts the files in a folder, at any depth, and their bytes, until `isLate`. Follows no link, and leaves
 * out what cannot be looked at.
 */
export async function measure(folder: string, isLate: () => boolean): Promise<Size> {
  const size = { files: 0, bytes: 0, isWhole: true };
  const waiting = (await isFolder(folder)) ? [folder] : [];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for await (const entries of batches(next)) {
      if (isLate()) return { ...size, isWhole: false };
      waiting.push(...entries.filter((entry) => entry.isDirectory()).map(pathOf));
      const files = entries.filter((entry) => !entry.isDirectory()).map(pathOf);
      size.files += files.length;
      for (const bytes of await Promise.all(files.map(bytesOf))) size.bytes += bytes;
    }
  }
  return size;
}

async function* batches(folder: string): AsyncGenerator<Dirent[]> {
  let batch: Dirent[] = [];
  try {
    for await (const entry of await opendir(folder, { bufferSize: lookTogether })) {
      if (batch.push(entry) < lookTogether) continue;
      yield batch;
      batch = [];
    }
  } catch {
    // It is no folder, or it may not be read.
  }
  yield batch;
}

const pathOf = ({ parentPath, name }: Dirent) => join(parentPath, name);

const isFolder = async (path: string) => (await lstat(path).catch(() => undefined))?.isDirectory() === true;

function bytesOf(path: string): Promise<number> {
  return lstat(path).then(
    ({ size }) => size,
    () => 0,
  );
}
