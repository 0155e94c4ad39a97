import { readFile } from "node:fs/promises";
import type { DriverProcess } from "../place.ts";
import { commandLine, taggedProcesses } from "./processes.ts";

/** The processes that carry a driver's tag, as they are now. */
export async function driverProcesses(tag: string): Promise<DriverProcess[]> {
  const found = await taggedProcesses(tag);
  const processes = found.map(async ({ pid }) => ({
    pid,
    command: commandLine(pid).join(" ").trim(),
    memoryBytes: await proportionalBytes(pid),
  }));
  return (await Promise.all(processes)).sort((a, b) => a.pid - b.pid);
}

async function proportionalBytes(pid: number): Promise<number | null> {
  try {
    const rollup = await readFile(`/proc/${String(pid)}/smaps_rollup`, "utf8");
    const kilobytes = /^Pss:\s+(\d+) kB$/m.exec(rollup)?.[1];
    return kilobytes === undefined ? null : Number(kilobytes) * 1024;
  } catch {
    return null; // the process has just ended, or the kernel does not let this user read the file
  }
}
