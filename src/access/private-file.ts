import { randomUUID } from "node:crypto";
import { link, open, rename, rm } from "node:fs/promises";

/**
 * Makes a file that only its owner may read, whole or not at all. Returns false if the file exists already.
 */
export async function createPrivateFile(path: string, text: string): Promise<boolean> {
  return withDraft(path, text, 0o600, async (draft) => {
    try {
      await link(draft, path);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
      throw error;
    }
  });
}

/** Writes or replaces a file in one step, so that a reader sees either the old text or the new. */
export async function replaceFile(path: string, text: string, mode: number): Promise<void> {
  await withDraft(path, text, mode, (draft) => rename(draft, path));
}

async function withDraft<T>(path: string, text: string, mode: number, use: (draft: string) => Promise<T>): Promise<T> {
  const draft = `${path}.${randomUUID()}`;
  try {
    const file = await open(draft, "wx", mode);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    return await use(draft);
  } finally {
    await rm(draft, { force: true });
  }
}
