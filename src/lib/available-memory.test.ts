import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { availableMemory } from "./available-memory.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

const mb = 1024 * 1024;
const meminfo = "MemTotal:       16000000 kB\nMemFree:          100000 kB\nMemAvailable:    8192000 kB\n";

/** A machine whose kernel says this. */
function machine(files: Record<string, string | number>): string {
  const root = mkdtempSync(join(tmpdir(), "glaux-memory-"));
  folders.push(root);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), `${String(content)}\n`);
  }
  return root;
}

test("is the kernel's estimate where there is no limit", () => {
  expect(availableMemory(machine({ "proc/meminfo": meminfo }))).toEqual({ mb: 8000, of: "machine" });
  const unlimited = { "sys/fs/cgroup/a/memory.max": "max", "sys/fs/cgroup/a/memory.current": 5 * mb };
  const root = machine({ "proc/meminfo": meminfo, "proc/self/cgroup": "0::/a", ...unlimited });
  expect(availableMemory(root)).toEqual({ mb: 8000, of: "machine" });
});

test("is what a cgroup of version 2 leaves, its cold file cache not counted, or one above it", () => {
  const files = {
    "proc/meminfo": meminfo,
    "proc/self/cgroup": "0::/a/b",
    "sys/fs/cgroup/a/b/memory.max": 1000 * mb,
    "sys/fs/cgroup/a/b/memory.current": 900 * mb,
    "sys/fs/cgroup/a/b/memory.stat": `anon 1\nactive_file ${String(50 * mb)}\ninactive_file ${String(600 * mb)}`,
    "sys/fs/cgroup/a/memory.max": "max",
    "sys/fs/cgroup/a/memory.current": 1000 * mb,
  };
  expect(availableMemory(machine(files))).toEqual({ mb: 700, of: "cgroup" });
  const above = { ...files, "sys/fs/cgroup/a/memory.max": 1100 * mb };
  expect(availableMemory(machine(above))).toEqual({ mb: 100, of: "cgroup" });
  const throttled = { ...files, "sys/fs/cgroup/a/b/memory.high": 400 * mb };
  expect(availableMemory(machine(throttled))).toEqual({ mb: 100, of: "cgroup" });
  const smaller = { ...files, "proc/meminfo": "MemAvailable:    102400 kB" };
  expect(availableMemory(machine(smaller))).toEqual({ mb: 100, of: "machine" });
});

test("is what a cgroup of version 1 leaves, also where only the topmost folder is mounted", () => {
  const files = {
    "proc/meminfo": meminfo,
    "proc/self/cgroup": "3:cpu,cpuacct:/docker/x\n2:memory:/docker/x\n1:name=systemd:/docker/x\n0::/docker/x",
    "sys/fs/cgroup/memory/memory.limit_in_bytes": 2000 * mb,
    "sys/fs/cgroup/memory/memory.usage_in_bytes": 1500 * mb,
    "sys/fs/cgroup/memory/memory.stat": `inactive_file 1\ntotal_inactive_file ${String(100 * mb)}`,
  };
  expect(availableMemory(machine(files))).toEqual({ mb: 600, of: "cgroup" });
  // What version 1 calls unlimited.
  const unlimited = { ...files, "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712" };
  expect(availableMemory(machine(unlimited))).toEqual({ mb: 8000, of: "machine" });
});

test("is never less than nothing, and not known where the kernel does not say", () => {
  const over = {
    "proc/self/cgroup": "0::/",
    "sys/fs/cgroup/memory.max": 10 * mb,
    "sys/fs/cgroup/memory.current": 11 * mb,
  };
  expect(availableMemory(machine(over))).toEqual({ mb: 0, of: "cgroup" });
  expect(availableMemory(machine({}))).toBeUndefined();
  expect(availableMemory("/nowhere")).toBeUndefined();
});

test("this machine has some", () => {
  expect(availableMemory()?.mb).toBeGreaterThan(0);
});
