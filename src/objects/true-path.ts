import { constants, type Dirent } from "node:fs";
import { open, opendir, readlink, realpath, type FileHandle } from "node:fs/promises";
import { orAbsent } from "../lib/or-absent.ts";

const isLinux = process.platform === "linux";

/**
 * Opens for reading what lies at exactly this path, or answers undefined. A symbolic link anywhere on the way counts as
 * absent: a session may write into its bucket, and must not make the server read elsewhere on its behalf. On Linux no race
 * can change that, because the kernel says where the opened descriptor is; elsewhere the path is looked at once more.
 * `path` itself must be a real path but for its own last parts.
 */
export async function openAt(path: string, flags = 0): Promise<FileHandle | undefined> {
  // Without O_NONBLOCK opening a named pipe would wait for a writer.
  const handle = await orAbsent(open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | flags));
  if (handle === undefined) return undefined;
  try {
    const place = await orAbsent(isLinux ? readlink(descriptor(handle)) : realpath(path));
    // The second form: replaced or deleted since it was opened, which makes it no less what the path named.
    if (place === path || place === `${path} (deleted)`) return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
  await handle.close();
  return undefined;
}

/**
 * Shows each entry of a folder, unsorted and without holding them, until `visit` answers false. Answers how many there were,
 * or undefined if there is no such folder (as `openAt` sees it).
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
