import { setTimeout as sleep } from "node:timers/promises";
import { driversOf, liveProcesses } from "../chaos/processes.ts";
import type { Random } from "../random.ts";
import type { World } from "./world.ts";

export type Fault = "supervisor killed" | "runner killed" | "supervisor stopped" | "server stopped" | "server killed";

const faults: readonly Fault[] = [
  "supervisor killed",
  "runner killed",
  "runner killed",
  "supervisor stopped",
  "supervisor stopped",
  "server stopped",
  "server killed",
];

/**
 * Makes one fault after the other until `signal` fires, and counts the faults that hit something. `except`
 * names faults that are left out.
 */
export async function makeFaults(
  world: World,
  source: Random,
  { counts, except, signal }: { counts: Map<Fault, number>; except: readonly Fault[]; signal: AbortSignal },
): Promise<void> {
  const choices = faults.filter((fault) => !except.includes(fault));
  while (!signal.aborted) {
    await sleep(100 + source.below(500));
    const fault = source.pick(choices);
    if (await make(fault, world, source)) counts.set(fault, (counts.get(fault) ?? 0) + 1);
  }
}

async function make(fault: Fault, world: World, source: Random): Promise<boolean> {
  switch (fault) {
    case "server killed":
      await world.replaceServer();
      return true;
    case "server stopped":
      return stopFor(source.below(400), world.server.pid);
    case "supervisor stopped":
      return stopFor(source.below(1500), one(source, supervisors(world)));
    case "supervisor killed":
      return send(one(source, supervisors(world)), "SIGKILL");
    case "runner killed":
      return send(one(source, runners(world)), "SIGKILL");
  }
}

const supervisors = (world: World) => [...driversOf(world.home).values()].flat();

/** The shells that run code; see test/fixtures/drivers/fake-supervisor.mjs. */
const runners = (world: World) =>
  liveProcesses()
    .filter(({ command }) => command.startsWith("sh -c ") && command.includes(world.notes))
    .map(({ pid }) => pid);

const one = (source: Random, pids: readonly number[]) => (pids.length === 0 ? undefined : source.pick(pids));

async function stopFor(ms: number, pid: number | undefined): Promise<boolean> {
  if (!send(pid, "SIGSTOP")) return false;
  await sleep(ms);
  send(pid, "SIGCONT");
  return true;
}

function send(pid: number | undefined, signal: NodeJS.Signals): boolean {
  if (pid === undefined) return false;
  try {
    return process.kill(pid, signal);
  } catch {
    return false; // the process has just ended
  }
}
