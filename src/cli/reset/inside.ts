import { relative } from "node:path";

/** True if the path is the folder or lies in it. Both paths are absolute and free of links. */
export function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way !== ".." && !way.startsWith("../");
}
