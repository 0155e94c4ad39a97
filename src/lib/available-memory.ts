import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

export interface AvailableMemory {
  mb: number;
  /** Where the bound comes from. */
  of: "machine" | "cgroup";
}

/**
 * Memory that programs can still get without swapping: the kernel's estimate for the machine, or what is left of the limit of this process's cgroup (version 2
 * or 1, or of one above it), if that is less. Undefined where the kernel does not say.
 * Not `process.availableMemory()`: to libuv the file cache of a cgroup is in use, so that in a container that has read and written files nothing seems to be left.
 * `root` is where `/proc` and `/sys` lie.
 */
export function availableMemory(root = "/"): AvailableMemory | undefined {
  const machineKb = numberIn(read(join(root, "proc/meminfo")), /^MemAvailable:\s+(\d+) kB$/m);
  const left = cgroupFolders(root).map(leftBytes);
  const found: AvailableMemory[] = [
    ...(machineKb === undefined ? [] : [{ mb: Math.floor(machineKb / 1024), of: "machine" } as const]),
    ...left.flatMap((bytes) =>
      bytes === undefined ? [] : [{ mb: Math.floor(bytes / 1024 / 1024), of: "cgroup" } as const],
    ),
  ];
  return found.sort((a, b) => a.mb - b.mb)[0];
}

interface CgroupFolder {
  path: string;
  version: 1 | 2;
}

/** The folders of this process's cgroup and of those above it. In a container the path may be the host's, and only the topmost folder is there. */
function cgroupFolders(root: string): CgroupFolder[] {
  return read(join(root, "proc/self/cgroup"))
    .split("\n")
    .flatMap((line): CgroupFolder[] => {
      const [, controllers = "", path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
      if (path === undefined) return [];
      if (controllers === "")
        return ancestors(path).map((one) => ({ path: join(root, "sys/fs/cgroup", one), version: 2 }));
      if (!controllers.split(",").includes("memory")) return [];
      return ancestors(path).map((one) => ({ path: join(root, "sys/fs/cgroup/memory", one), version: 1 }));
    });
}

function ancestors(path: string): string[] {
  return path === "/" ? ["/"] : [path, ...ancestors(dirname(path))];
}

/** What a cgroup may still take. The file cache that nobody has used for a while does not count: the kernel takes it back before it refuses anything. */
function leftBytes({ path, version }: CgroupFolder): number | undefined {
  const file = (name: string) => read(join(path, name));
  const limits = version === 2 ? ["memory.max", "memory.high"] : ["memory.limit_in_bytes"];
  const limit = Math.min(...limits.map((name) => numberIn(file(name), /^(\d+)$/m) ?? Infinity));
  const used = numberIn(file(version === 2 ? "memory.current" : "memory.usage_in_bytes"), /^(\d+)$/m);
  if (limit === Infinity || used === undefined) return undefined;
  const cached = numberIn(
    file("memory.stat"),
    version === 2 ? /^inactive_file (\d+)$/m : /^total_inactive_file (\d+)$/m,
  );
  return Math.max(0, limit - Math.max(0, used - (cached ?? 0)));
}

function numberIn(text: string, pattern: RegExp): number | undefined {
  const found = pattern.exec(text)?.[1];
  return found === undefined ? undefined : Number(found);
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
