import { expect, test } from "vitest";
import { readMemory } from "./memory.ts";

const mb = 1024 * 1024;
const machine = {
  "/proc/meminfo":
    "MemTotal:       16777216 kB\nMemFree:          100000 kB\nMemAvailable:    8388608 kB\nBuffers: 3 kB\n",
};
/** Reads files of a kernel that say this. */
const reading = (files: Record<string, string | number>) => readMemory((path) => `${String(files[path] ?? "")}\n`);

test("is the machine's where there is no limit", () => {
  expect(reading(machine)).toEqual({ totalMb: 16384, availableMb: 8192 });
  const unlimited = { "/sys/fs/cgroup/a/memory.max": "max", "/sys/fs/cgroup/a/memory.current": 5 * mb };
  expect(reading({ ...machine, "/proc/self/cgroup": "0::/a", ...unlimited })).toEqual(reading(machine));
});

test("is what a cgroup of version 2 leaves, its cold file cache not counted, or one around it", () => {
  const files = {
    ...machine,
    "/proc/self/cgroup": "0::/a/b",
    "/sys/fs/cgroup/a/b/memory.max": 1000 * mb,
    "/sys/fs/cgroup/a/b/memory.high": "max",
    "/sys/fs/cgroup/a/b/memory.current": 900 * mb,
    "/sys/fs/cgroup/a/b/memory.stat": `anon 1\nactive_file ${String(50 * mb)}\ninactive_file ${String(600 * mb)}`,
    "/sys/fs/cgroup/a/memory.max": "max",
    "/sys/fs/cgroup/a/memory.current": 1000 * mb,
  };
  expect(reading(files)).toEqual({ totalMb: 1000, availableMb: 700 });
  expect(reading({ ...files, "/sys/fs/cgroup/a/memory.max": 1100 * mb }).availableMb).toBe(100);
  expect(reading({ ...files, "/sys/fs/cgroup/a/b/memory.high": 400 * mb })).toEqual({ totalMb: 400, availableMb: 100 });
  expect(reading({ ...files, "/proc/meminfo": "MemAvailable:    102400 kB" }).availableMb).toBe(100);
});

test("is what a cgroup of version 1 leaves, also where only the topmost folder is mounted", () => {
  const files = {
    ...machine,
    "/proc/self/cgroup": "3:cpu,cpuacct:/docker/x\n2:memory:/docker/x\n1:name=systemd:/docker/x\n0::/docker/x",
    "/sys/fs/cgroup/memory/memory.limit_in_bytes": 2000 * mb,
    "/sys/fs/cgroup/memory/memory.usage_in_bytes": 1500 * mb,
    "/sys/fs/cgroup/memory/memory.stat": `inactive_file 1\ntotal_inactive_file ${String(100 * mb)}`,
  };
  expect(reading(files)).toEqual({ totalMb: 2000, availableMb: 600 });
  // The number that cgroup version 1 writes for "unlimited".
  const unlimited = { ...files, "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712" };
  expect(reading(unlimited)).toEqual(reading(machine));
});

test("is never less than nothing, and without bound where the kernel does not say", () => {
  const over = {
    "/proc/self/cgroup": "0::/",
    "/sys/fs/cgroup/memory.max": 10 * mb,
    "/sys/fs/cgroup/memory.current": 11 * mb,
  };
  expect(reading(over)).toEqual({ totalMb: 10, availableMb: 0 });
  expect(reading({})).toEqual({ totalMb: Infinity, availableMb: Infinity });
});

test("this machine's can be read", () => {
  const { totalMb, availableMb } = readMemory();
  expect(availableMb).toBeGreaterThan(0);
  expect(totalMb).toBeGreaterThanOrEqual(availableMb);
  expect(totalMb).toBeLessThan(Infinity);
});
