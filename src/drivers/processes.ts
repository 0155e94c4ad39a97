import { readFile, readdir } from "node:fs/promises";
import { readFileSync } from "node:fs";
import { delay } from "../lib/delay.ts";

/** Process facts from Linux's /proc. A process is named for good by its pid and its start time in clock ticks since boot. */
export interface ProcessName {
  pid: number;
  startedTicks: number;
}

export const tagVariable = "GLAUX_DRIVER_TAG";

/** Undefined if there is no such process, or only its zombie. */
export function startedTicks(pid: number): number | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${String(pid)}/stat`, "utf8");
  } catch {
    return undefined;
  }
  // The second field, the command, may hold spaces and parentheses; state is the first field behind it, the start time the 20th (proc(5)).
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" || fields[0] === "X" ? undefined : Number(fields[19]);
}

/** Empty if there is no such process. */
export function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${String(pid)}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return "";
  }
}

export function isAlive(name: ProcessName): boolean {
  return startedTicks(name.pid) === name.startedTicks;
}

export interface TaggedProcess extends ProcessName {
  tag: string;
  parentPid: number;
}

/** Every live process whose environment at its start carried a driver's tag that begins with `prefix`. Processes of other users are not seen. */
export async function taggedProcesses(prefix: string): Promise<TaggedProcess[]> {
  const needle = `${tagVariable}=${prefix}`;
  const found: TaggedProcess[] = [];
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  await Promise.all(
    pids.map(async (name) => {
      const environment = await readFile(`/proc/${name}/environ`, "latin1").catch(() => "");
      const entry = environment.split("\0").find((line) => line.startsWith(needle));
      const ticks = entry === undefined ? undefined : startedTicks(Number(name));
      if (entry === undefined || ticks === undefined) return;
      const status = await readFile(`/proc/${name}/status`, "utf8").catch(() => "");
      const parentPid = Number(/^PPid:\t(\d+)$/m.exec(status)?.[1] ?? 0);
      found.push({ pid: Number(name), startedTicks: ticks, tag: entry.slice(tagVariable.length + 1), parentPid });
    }),
  );
  return found;
}

export function signal(name: ProcessName, signalName: NodeJS.Signals): void {
  if (!isAlive(name)) return;
  try {
    process.kill(name.pid, signalName);
  } catch {
    // It ended between the look and the kill.
  }
}

/** SIGKILLs what carries a tag with `prefix`, again and again until nothing does. False if something was still there after `timeoutMs`. */
export async function killTagged(prefix: string, timeoutMs: number): Promise<boolean> {
  const until = performance.now() + timeoutMs;
  for (let pauseMs = 5; ; pauseMs = Math.min(pauseMs * 2, 200)) {
    const left = await taggedProcesses(prefix);
    if (left.length === 0) return true;
    if (performance.now() > until) return false;
    for (const name of left) signal(name, "SIGKILL");
    await delay(pauseMs);
  }
}

/** True when the process has ended within `timeoutMs`. */
export async function hasEnded(name: ProcessName, timeoutMs: number): Promise<boolean> {
  const until = performance.now() + timeoutMs;
  for (let pauseMs = 5; isAlive(name); pauseMs = Math.min(pauseMs * 2, 100)) {
    if (performance.now() > until) return false;
    await delay(pauseMs);
  }
  return true;
}
