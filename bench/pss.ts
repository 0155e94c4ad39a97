import { readdirSync, readFileSync } from "node:fs";

/**
 * Proportional set size, in MB, of all processes that have this text in their environment. `Pss_Anon` is the
 * part that is their own memory. The rest are pages of files, which the kernel can drop when memory is short,
 * and read again.
 */
export function pssOf(tag: string, part: "Pss" | "Pss_Anon" = "Pss"): number {
  const field = new RegExp(`^${part}:\\s+(\\d+)`, "m");
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && read(name, "environ").includes(tag))
    .reduce((sum, pid) => sum + Number(field.exec(read(pid, "smaps_rollup"))?.[1] ?? 0) / 1024, 0);
}

export function rssOfProcess(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(read(String(pid), "status"))?.[1] ?? 0) / 1024;
}

function read(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return ""; // the process has ended
  }
}
