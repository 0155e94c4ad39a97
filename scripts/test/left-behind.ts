// Finds and ends the processes that a test run left behind. Every process that a run starts, however
// indirectly, inherits the run's id in its environment.
import { readdirSync, readFileSync } from "node:fs";

/** The variable that carries the run's id. */
export const runVariable = "GLAUX_TEST_RUN";

export interface LeftProcess {
  readonly pid: number;
  readonly command: string;
}

/** Processes of this run, except this one, its ancestors, and the test runner's own workers. */
export function processesOf(runId: string): LeftProcess[] {
  const own = ancestors(process.pid);
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => !own.has(pid) && environment(pid).includes(`${runVariable}=${runId}`))
    .map((pid) => ({ pid, command: read(pid, "cmdline").replaceAll("\0", " ").trim() }))
    .filter(({ command }) => command !== "" && !isRunners(command)); // an empty command: a zombie
}

/** Waits until the run's processes are gone; returns, and kills, those that stay. */
export async function endLeftProcesses(runId: string, graceMs: number): Promise<LeftProcess[]> {
  const deadline = Date.now() + graceMs;
  let left = processesOf(runId);
  while (left.length > 0 && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    left = processesOf(runId);
  }
  for (const { pid } of left) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // The process ended by itself.
    }
  }
  return left;
}

// vitest ends its own workers and its watchdog after its tear-down.
const isRunners = (command: string) => command === "vitest-watchdog" || command.includes("node_modules/vitest/");

function ancestors(pid: number): Set<number> {
  const found = new Set<number>();
  for (let at = pid; at > 1; at = parent(at)) found.add(at);
  return found;
}

// The command's name, in parentheses, may itself hold spaces and parentheses.
const parent = (pid: number) => Number(/.*\) \S (\d+)/s.exec(read(pid, "stat"))?.[1] ?? 0);

const environment = (pid: number) => read(pid, "environ").split("\0");

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    // The process ended meanwhile, or is another user's.
    return "";
  }
}
