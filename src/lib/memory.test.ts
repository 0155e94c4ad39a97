import { expect, test } from "vitest";
import { readMemory } from "./memory.ts";

const gigabyte = 1024 ** 3;
const machine = {
  "/proc/meminfo":
    "MemTotal:       16777216 kB\nMemFree:          100000 kB\nMemAvailable:    8388608 kB\nBuffers: 3 kB\n",
};
const reading = (files: Record<string, string>) => readMemory((path) => files[path] ?? "");

test("the machine's", () => {
  expect(reading(machine)).toEqual({ totalMb: 16384, availableMb: 8192 });
});

test("a cgroup's, where that has less; its idle page cache can be given up", () => {
  const limited = {
    ...machine,
    "/proc/self/cgroup": "0::/outer/inner\n",
    "/sys/fs/cgroup/outer/inner/memory.max": "max\n",
    "/sys/fs/cgroup/outer/memory.max": `${String(4 * gigabyte)}\n`,
    "/sys/fs/cgroup/outer/memory.current": `${String(3 * gigabyte)}\n`,
    "/sys/fs/cgroup/outer/memory.stat": `anon 5\ninactive_file ${String(gigabyte)}\n`,
  };
  expect(reading(limited)).toEqual({ totalMb: 4096, availableMb: 2048 });
});

test("a cgroup that may take more than there is changes nothing", () => {
  const files = {
    ...machine,
    "/proc/self/cgroup": "0::/\n",
    "/sys/fs/cgroup/memory.max": `${String(64 * gigabyte)}\n`,
    "/sys/fs/cgroup/memory.current": "1\n",
  };
  expect(reading(files)).toEqual({ totalMb: 16384, availableMb: 8192 });
});

test("this machine's can be read", () => {
  const { totalMb, availableMb } = readMemory();
  expect(availableMb).toBeGreaterThan(0);
  expect(totalMb).toBeGreaterThanOrEqual(availableMb);
});
