import { readFileSync } from "node:fs";

const ticksPerSecond = 100;

/** CPU time in seconds that a process has used, in all its threads, user and system. */
export function cpuSecondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${String(pid)}/stat`, "utf8");
  // The name, in parentheses, may hold anything. Of the fields behind it, the 12th and the 13th are utime and
  // stime (proc(5)).
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}
