import type { Dirent } from "node:fs";
import { compareBytes } from "./byte-order.ts";
import { isHidden } from "./keys.ts";
import { scanFolder } from "./true-path.ts";

export interface Names {
  /** In the order of the keys. A folder's name ends in its slash, because `a-b` sorts before `a/b`. */
  names: string[];
  /** True if the folder has no entries at all, not even entries that lists hide. */
  isEmpty: boolean;
}

/**
 * The first `limit` names of a folder that sort after `behind` and that `accepts` takes. Undefined if there
 * is no such folder. Holds at most twice `limit` names in memory, however many the folder has.
 */
export async function firstNames(
  path: string,
  { behind, limit, accepts }: { behind: string; limit: number; accepts: (name: string) => boolean },
  signal?: AbortSignal,
): Promise<Names | undefined> {
  let names: string[] = [];
  let bound: string | undefined;
  const count = await scanFolder(path, (entry) => {
    signal?.throwIfAborted();
    const name = visibleName(entry);
    if (name === undefined || !accepts(name) || compareBytes(name, behind) <= 0) return true;
    if (bound !== undefined && compareBytes(name, bound) >= 0) return true;
    names.push(name);
    if (names.length === 2 * limit) {
      names = names.sort(compareBytes).slice(0, limit);
      bound = names.at(-1);
    }
    return true;
  });
  if (count === undefined) return undefined;
  return { names: names.sort(compareBytes).slice(0, limit), isEmpty: count === 0 };
}

/**
 * Whether the key of any object begins with this folder's key. An empty folder is itself such an object.
 * Stops at the first file that it finds, in no particular order.
 */
export async function holdsKey(path: string, signal?: AbortSignal): Promise<boolean> {
  const folders: string[] = [];
  let files = 0;
  const count = await scanFolder(path, (entry) => {
    signal?.throwIfAborted();
    const name = visibleName(entry);
    if (name?.endsWith("/")) folders.push(name);
    else if (name !== undefined) files++;
    return files === 0;
  });
  if (files > 0 || count === 0) return true;
  for (const folder of folders) if (await holdsKey(`${path}/${folder.slice(0, -1)}`, signal)) return true;
  return false;
}

/**
 * The entry's name as lists show it; undefined for a hidden entry, and for links, sockets and pipes, which
 * are not objects. Node replaces bytes that are not UTF-8, so such a name becomes that of no existing file,
 * and drops out when the file is looked at.
 */
function visibleName(entry: Dirent): string | undefined {
  const isFolder = entry.isDirectory();
  if ((!isFolder && !entry.isFile()) || isHidden(entry.name, isFolder)) return undefined;
  return isFolder ? `${entry.name}/` : entry.name;
}
