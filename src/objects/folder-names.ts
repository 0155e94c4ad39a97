import type { Dirent } from "node:fs";
import { compareBytes } from "./byte-order.ts";
import { isHidden } from "./keys.ts";
import { scanFolder } from "./true-path.ts";

export interface Names {
  /** In the order of the keys that they lead to; a folder's name has its slash, because `a-b` comes before `a/b`. */
  names: string[];
  /** Nothing at all lies in the folder, not even what lists hide. */
  isEmpty: boolean;
}

/**
 * The first `limit` names of a folder that come behind `behind` and that `accepts` takes, or undefined if there is no such
 * folder. Never holds more than twice the limit, however many there are.
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

/** Whether any key begins with this folder's: looks no further than the first file, in whatever order. */
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

/** Links, sockets and pipes are no objects. A name that is not UTF-8 is read as one that does not exist, and so drops out later. */
function visibleName(entry: Dirent): string | undefined {
  const isFolder = entry.isDirectory();
  if ((!isFolder && !entry.isFile()) || isHidden(entry.name, isFolder)) return undefined;
  return isFolder ? `${entry.name}/` : entry.name;
}
