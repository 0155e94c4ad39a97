import { readFile, readdir } from "node:fs/promises";
import { readFileSync } from "node:fs";
import { delay } from "../../lib/delay.ts";

/** Process facts from Linux's /proc. A process is named for good by its pid and its start time in clock ticks since boot. */
export interface ProcessName {
  pid: number;
  startedTicks: number;
}

export interface Process extends ProcessName {
  parentPid: number;
  /** The tag that its environment carried at its start. */
  tag: string | undefined;
}

export interface TaggedProcess extends Process {
  tag: string;
}

export const tagVariable = "GLAUX_DRIVER_TAG";

/** Processes looked at together: each look holds a file descriptor. */
const lookTogether = 32;

/** Whether an error says that there is no such file or process. Any other (no descriptor left, say) proves nothing about the process. */
export function isGone(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "ENOENT" || code === "ESRCH";
}

/** Undefined if there is no such process, or only its zombie. */
export function startedTicks(pid: number): number | undefined {
  try {
    return statOf(readFileSync(`/proc/${String(pid)}/stat`, "utf8"))?.startedTicks;
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

/** The arguments that a process was started with; none if there is no such process. */
export function commandLine(pid: number): string[] {
  try {
    return readFileSync(`/proc/${String(pid)}/cmdline`, "utf8").split("\0");
  } catch (error) {
    if (isGone(error)) return [];
    throw error;
  }
}

export function isAlive(name: ProcessName): boolean {
  return startedTicks(name.pid) === name.startedTicks;
}

/** Every live process whose environment at its start carried a driver's tag that begins with `prefix`. Processes of other users are not seen. */
export async function taggedProcesses(prefix: string): Promise<TaggedProcess[]> {
  return withTag(await liveProcesses(), prefix);
}

export function signal(name: ProcessName, signalName: NodeJS.Signals): void {
  if (!isAlive(name)) return;
  try {
    process.kill(name.pid, signalName);
  } catch {
    // It ended between the look and the kill, or belongs to another user by now.
  }
}

/**
 * SIGKILLs what carries a tag with `prefix`, and all descendants of that, which may have cleared their environment, again and again until nothing is left. False
 * if something was still there after `timeoutMs`. Descendants are known by their parents, so only before their parents die.
 */
export async function killTagged(prefix: string, timeoutMs: number): Promise<boolean> {
  const until = performance.now() + timeoutMs;
  let found: Process[] = [];
  for (let pauseMs = 5; ; pauseMs = Math.min(pauseMs * 2, 200)) {
    const live = await liveProcesses();
    const still = live.filter((one) => found.some((other) => isSame(one, other)));
    found = withDescendants([...withTag(live, prefix), ...still], live);
    if (found.length === 0) return true;
    if (performance.now() > until) return false;
    for (const name of found) signal(name, "SIGKILL");
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

function isSame(one: ProcessName, other: ProcessName): boolean {
  return one.pid === other.pid && one.startedTicks === other.startedTicks;
}

function withTag(processes: readonly Process[], prefix: string): TaggedProcess[] {
  return processes.filter((one): one is TaggedProcess => one.tag?.startsWith(prefix) === true);
}

function withDescendants(roots: readonly Process[], live: readonly Process[]): Process[] {
  const found = new Map(roots.map((root) => [root.pid, root]));
  for (let size = -1; size !== found.size;) {
    size = found.size;
    for (const one of live) if (found.has(one.parentPid)) found.set(one.pid, one);
  }
  return [...found.values()];
}

async function liveProcesses(): Promise<Process[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const found: Process[] = [];
  for (let at = 0; at < pids.length; at += lookTogether) {
    const looks = await Promise.all(pids.slice(at, at + lookTogether).map(lookAt));
    found.push(...looks.filter((one) => one !== undefined));
  }
  return found;
}

async function lookAt(pid: number): Promise<Process | undefined> {
  try {
    const stat = statOf(await readFile(`/proc/${String(pid)}/stat`, "utf8"));
    return stat && { pid, ...stat, tag: await tagOf(pid) };
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

async function tagOf(pid: number): Promise<string | undefined> {
  const begin = `${tagVariable}=`;
  try {
    const environment = await readFile(`/proc/${String(pid)}/environ`, "latin1");
    const entry = environment.split("\0").find((line) => line.startsWith(begin));
    return entry?.slice(begin.length);
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "EACCES" || error.code === "EPERM"))
      return undefined; // another user's
    throw error;
  }
}

/** Undefined for a zombie. */
function statOf(stat: string): { parentPid: number; startedTicks: number } | undefined {
  // The second field, the command, may hold spaces and parentheses; state is the first field behind it, then the parent, the start time is the 20th (proc(5)).
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (fields[0] === "Z" || fields[0] === "X") return undefined;
  return { parentPid: Number(fields[1]), startedTicks: Number(fields[19]) };
}
