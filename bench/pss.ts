import { readdirSync, readFileSync } from "node:fs";

/** Proportional set size, in MB, of all processes that have this text in their environment. */
export function pssOf(tag: string): number {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && read(name, "environ").includes(tag))
    .reduce((sum, pid) => sum + pssOfProcess(pid), 0);
}

export function pssOfProcess(pid: string): number {
  return Number(/^Pss:\s+(\d+)/m.exec(read(pid, "smaps_rollup"))?.[1] ?? 0) / 1024;
}

export function rssOfProcess(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(read(String(pid), "status"))?.[1] ?? 0) / 1024;
}

function read(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return ""; // it has ended
  }
}
