import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Memory in MiB: what there is, and what processes can still take without swapping; where a cgroup has less, its own. */
export interface Memory {
  totalMb: number;
  availableMb: number;
}

/** Reads Linux's /proc and the limits of cgroups (version 2), which is how containers and systemd bound memory. */
export function readMemory(read: (path: string) => string = readText): Memory {
  const ofMachine = read("/proc/meminfo");
  const kilobytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(ofMachine)?.[1] ?? 0);
  const machine = { totalMb: kilobytes("MemTotal") / 1024, availableMb: kilobytes("MemAvailable") / 1024 };
  const limits = cgroups(read).flatMap((folder) => limitOf(folder, read));
  return {
    totalMb: Math.min(machine.totalMb, ...limits.map(({ totalMb }) => totalMb)),
    availableMb: Math.min(machine.availableMb, ...limits.map(({ availableMb }) => availableMb)),
  };
}

/** This process's cgroup and those around it; each may have a limit. */
function cgroups(read: (path: string) => string): string[] {
  const own = /^0::(\/.*)$/m.exec(read("/proc/self/cgroup"))?.[1];
  const found: string[] = [];
  for (let path = own; path !== undefined; path = path === "/" ? undefined : dirname(path))
    found.push(join("/sys/fs/cgroup", path));
  return found;
}

function limitOf(folder: string, read: (path: string) => string): Memory[] {
  const max = Number(read(join(folder, "memory.max")).trim() || "max");
  if (Number.isNaN(max)) return []; // "max": no limit here
  // The page cache that nobody uses counts as taken, but is given up when needed.
  const cache = Number(/^inactive_file (\d+)/m.exec(read(join(folder, "memory.stat")))?.[1] ?? 0);
  const taken = Number(read(join(folder, "memory.current"))) - cache;
  const mb = (bytes: number) => Math.max(0, bytes) / 1024 / 1024;
  return [{ totalMb: mb(max), availableMb: mb(max - taken) }];
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
