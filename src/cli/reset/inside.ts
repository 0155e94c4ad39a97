import { relative } from "node:path";

/** Whether a path is a folder or lies in it. Both are absolute and free of links. */
export function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way !== ".." && !way.startsWith("../");
}
