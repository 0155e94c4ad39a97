import { readFileSync } from "node:fs";

/**
 * The bit of CAP_SYS_NICE (capabilities(7)), and the RLIMIT_NICE that allows a nice of 0, which is 20 minus
 * the nice (getrlimit(2)).
 */
const sysNice = 23n;
const normalNiceLimit = 20;

/**
 * True if this process may raise a priority again that it has lowered, of a process of the same user. Most
 * users may not. Reads Linux's /proc.
 */
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
