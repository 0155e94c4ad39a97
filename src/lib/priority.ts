import { readFileSync } from "node:fs";

/** CAP_SYS_NICE's bit, and what RLIMIT_NICE must be for a nice of 0: 20 minus the nice (capabilities(7), getrlimit(2)). */
const sysNice = 23n;
const normalNiceLimit = 20;

/** Whether this process may raise the priority of a process of its user again after it was lowered: most users may not. Reads Linux's /proc. */
export function canRaisePriority(read: (path: string) => string = readText): boolean {
  const capabilities = /^CapEff:\s*([0-9a-f]+)/m.exec(read("/proc/self/status"))?.[1];
  if (capabilities !== undefined && ((BigInt(`0x${capabilities}`) >> sysNice) & 1n) === 1n) return true;
  const limit = /^Max nice priority\s+(\S+)/m.exec(read("/proc/self/limits"))?.[1];
  return limit === "unlimited" || Number(limit ?? 0) >= normalNiceLimit;
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
