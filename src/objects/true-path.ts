import { constants, type Dirent } from "node:fs";
import { open, opendir, readlink, realpath, type FileHandle } from "node:fs/promises";
import { orAbsent } from "../lib/or-absent.ts";

const isLinux = process.platform === "linux";

/**
 * Opens what lies at exactly this path, for reading. Returns undefined if it does not exist, or if a symbolic
 * link is anywhere on the way: a session may write links into its bucket, and must not make the server read
 * other files for it. On Linux no race can defeat this check, because the kernel tells where the opened
 * descriptor is. On other systems the path is resolved once more after opening. The beginning of `path`,
 * which sessions cannot write to, must be a real path: a symbolic link there counts as absent, too.
 */
export async function openAt(path: string, flags = 0): Promise<FileHandle | undefined> {
  // Without O_NONBLOCK, opening a named pipe would wait for a writer.
  const handle = await orAbsent(open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | flags));
  if (handle === undefined) return undefined;
  try {
    const place = await orAbsent(isLinux ? readlink(descriptor(handle)) : realpath(path));
    // The kernel adds "(deleted)" if the file was deleted or replaced after it was opened. The file is still
    // what the path named.
    if (place === path || place === `${path} (deleted)`) return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
  await handle.close();
  return undefined;
}

/**
 * Calls `visit` for each entry of a folder, unsorted, until `visit` returns false. Holds no list of the
 * entries. Returns how many entries were visited, or undefined if `openAt` finds no such folder.
 */
export async function scanFolder(path: string, visit: (entry: Dirent) => boolean): Promise<number | undefined> {
  const handle = await openAt(path, constants.O_DIRECTORY);
  if (handle === undefined) return undefined;
  try {
    let count = 0;
    for await (const entry of await opendir(isLinux ? descriptor(handle) : path, { bufferSize: 1024 })) {
      count++;
      if (!visit(entry)) break;
    }
    return count;
  } finally {
    await handle.close();
  }
}

const descriptor = (handle: FileHandle) => `/proc/self/fd/${handle.fd}`;
