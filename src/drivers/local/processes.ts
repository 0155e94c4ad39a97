import { readFile, readdir } from "node:fs/promises";
import { readFileSync } from "node:fs";
import { delay } from "../../lib/delay.ts";

/**
 * Identifies a process by facts from Linux's /proc. A pid is used again, but a pid together with the start
 * time, in clock ticks since boot, identifies one process.
 */
export interface ProcessName {
  pid: number;
  startedTicks: number;
}

export interface Process extends ProcessName {
  parentPid: number;
  /** The tag that the environment of the process carried when the process started. */
  tag: string | undefined;
}

export interface TaggedProcess extends Process {
  tag: string;
}

export const tagVariable = "GLAUX_DRIVER_TAG";

/** How many processes are read at the same time. Each read holds a file descriptor. */
const lookTogether = 32;

/**
 * Whether an error says that there is no such file or process. Any other error (no file descriptor left, say)
 * proves nothing about the process.
 */
export function isGone(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "ENOENT" || code === "ESRCH";
}

/** Start time in clock ticks since boot. Undefined if there is no such process, or if it is a zombie. */
export function startedTicks(pid: number): number | undefined {
  try {
    return statOf(readFileSync(`/proc/${String(pid)}/stat`, "utf8"))?.startedTicks;
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

/** The arguments that a process was started with; empty if there is no such process. */
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

/**
 * Every live process whose environment carried a tag that begins with `prefix` when the process started.
 * Processes of other users are not seen.
 */
export async function taggedProcesses(prefix: string): Promise<TaggedProcess[]> {
  return withTag(await liveProcesses(), prefix);
}

export function signal(name: ProcessName, signalName: NodeJS.Signals): void {
  if (!isAlive(name)) return;
  try {
    process.kill(name.pid, signalName);
  } catch {
    // The process ended between the check and the kill, or it belongs to another user by now.
  }
}

/**
 * Sends SIGKILL to all processes whose tag begins with `prefix` and to all their descendants, repeatedly,
 * until none is left. Descendants are included because they may have cleared their environment, and with it
 * the tag. A descendant is recognized by its parent, so only while that parent lives; once found, it is
 * remembered. False if a process was still there after `timeoutMs`.
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
      return undefined; // the process belongs to another user
    throw error;
  }
}

/** Reads a line of /proc/<pid>/stat. Undefined for a zombie. */
function statOf(stat: string): { parentPid: number; startedTicks: number } | undefined {
  // The second field of the line, the command, may hold spaces and parentheses, so the fields are counted
  // after its last parenthesis: the state is the first, the parent the second, the start time the 20th
  // (proc(5)).
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (fields[0] === "Z" || fields[0] === "X") return undefined;
  return { parentPid: Number(fields[1]), startedTicks: Number(fields[19]) };
}
