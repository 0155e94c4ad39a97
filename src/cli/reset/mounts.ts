import { readFile } from "node:fs/promises";
import { isInside } from "./inside.ts";

/** The mount points inside a folder. Format: proc_pid_mountinfo(5). */
export async function mountsInside(folder: string): Promise<string[]> {
  const table = await readFile("/proc/self/mountinfo", "utf8");
  const points = table.split("\n").map((line) => unescape(line.split(" ")[4] ?? ""));
  return [...new Set(points)].filter((point) => point !== folder && isInside(point, folder));
}

/** In that file, blanks, tabs, newlines and backslashes are written as a backslash and three octal digits. */
const unescape = (path: string) =>
  path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
