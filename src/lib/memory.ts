import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * Memory in MiB: the total, and what processes can still take without swapping. If a cgroup allows less than
 * the machine has, these are the cgroup's numbers. Infinity if the kernel does not say.
 */
export interface Memory {
  totalMb: number;
  availableMb: number;
}

/**
 * Reads Linux's /proc and the limits of cgroups, by which containers and systemd bound memory.
 *
 * `process.availableMemory()` is not used: libuv counts the file cache of a cgroup as used, so nothing seems
 * to be left in a container that has read and written files.
 */
export function readMemory(read: (path: string) => string = readText): Memory {
  const ofMachine = read("/proc/meminfo");
  const machineMb = (name: string) => numberIn(ofMachine, new RegExp(`^${name}:\\s+(\\d+) kB$`, "m")) / 1024;
  const machine = { totalMb: machineMb("MemTotal"), availableMb: machineMb("MemAvailable") };
  const all = [machine, ...cgroups(read).map((cgroup) => within(cgroup, read))];
  return {
    totalMb: Math.min(...all.map(({ totalMb }) => totalMb)),
    availableMb: Math.min(...all.map(({ availableMb }) => availableMb)),
  };
}

interface Cgroup {
  folder: string;
  files: (typeof filesOf)[keyof typeof filesOf];
}

/** `memory.high` is a limit too: above it, a cgroup is slowed down until it has given memory back. */
const filesOf = {
  version1: {
    limits: ["memory.limit_in_bytes"],
    used: "memory.usage_in_bytes",
    coldCache: /^total_inactive_file (\d+)$/m,
  },
  version2: { limits: ["memory.max", "memory.high"], used: "memory.current", coldCache: /^inactive_file (\d+)$/m },
} as const;

/**
 * This process's cgroup and its ancestors, each of which may have a limit. In a container the path may be the
 * host's, and only the topmost folder exists.
 */
function cgroups(read: (path: string) => string): Cgroup[] {
  return read("/proc/self/cgroup")
    .split("\n")
    .flatMap((line) => {
      const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
      if (controllers === undefined || path === undefined) return [];
      if (controllers === "") return around("/sys/fs/cgroup", path, filesOf.version2);
      return controllers.split(",").includes("memory") ? around("/sys/fs/cgroup/memory", path, filesOf.version1) : [];
    });
}

function around(mount: string, path: string, files: Cgroup["files"]): Cgroup[] {
  return [{ folder: join(mount, path), files }, ...(path === "/" ? [] : around(mount, dirname(path), files))];
}

/**
 * File cache that nobody has used for a while counts as used here, but the kernel gives it up before it
 * refuses anything, so it is taken off.
 */
function within({ folder, files }: Cgroup, read: (path: string) => string): Memory {
  const mb = (bytes: number) => Math.max(0, bytes) / 1024 / 1024;
  const limit = Math.min(...files.limits.map((name) => numberIn(read(join(folder, name)), /^(\d+)$/m)));
  const used = numberIn(read(join(folder, files.used)), /^(\d+)$/m);
  if (limit === Infinity || used === Infinity) return { totalMb: mb(limit), availableMb: Infinity };
  const coldCache = files.coldCache.exec(read(join(folder, "memory.stat")))?.[1] ?? 0;
  return { totalMb: mb(limit), availableMb: mb(limit - Math.max(0, used - Number(coldCache))) };
}

/** Infinity if there is no number: the file says `max`, or there is no file. */
function numberIn(text: string, pattern: RegExp): number {
  return Number(pattern.exec(text)?.[1] ?? Infinity);
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
