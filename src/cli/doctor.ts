import { readConfig, type Config } from "../config/config.ts";
import { listEngines } from "../engines/engines.ts";
import { readMemory } from "../lib/memory.ts";
import { canRaisePriority } from "../lib/priority.ts";
import { glauxCommand } from "./command-line.ts";
import { defaultEngineOf } from "./default-engine.ts";
import { findService } from "./run/find-service.ts";
import { readServicePage } from "./service-page.ts";

type Env = Readonly<Record<string, string | undefined>>;

interface PoolPage {
  canRaisePriority: boolean;
  bounds: { min: number; max: number };
  members: { engineId: string; state: string; isPaused: boolean; ageMs: number }[];
  waiting: string;
}

/** `glaux doctor`: what the service finds on this machine, and what follows from it. */
export async function doctor(env: Env): Promise<number> {
  const config = readConfig(env);
  const isRunning = (await findService(config)) !== undefined;
  const pool = isRunning ? ((await readServicePage(config, env, "/-/pool")) as PoolPage | undefined) : undefined;
  const lines = [
    ...(await serviceLines(config, env)),
    ...(await engineLines(config, env)),
    ...memoryLines(config),
    // If the service runs, its own right counts: this command may run as another user.
    ...priorityLines(pool?.canRaisePriority ?? canRaisePriority()),
    ...(pool ? renderPool(pool) : poolLines(config, isRunning)),
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
  return 0;
}

async function serviceLines(config: Config, env: Env): Promise<string[]> {
  const endpoint = await findService(config);
  return [`Service   ${endpoint ?? `none runs on ${config.home} → ${glauxCommand(env, "serve")}`}`];
}

async function engineLines(config: Config, env: Env): Promise<string[]> {
  const defaultEngine = await defaultEngineOf(config, env);
  return (await listEngines(config.enginesFolder)).map(({ id, installed }) => {
    const name = `Engine    ${id}${id === defaultEngine ? " (default)" : ""}:`;
    if (!installed) return `${name} not installed → ${glauxCommand(env, `engines install ${id}`)}`;
    const { spark, python, java } = installed.versions;
    const archive = installed.archive === undefined ? ", without its start-up archive: sessions start slower" : "";
    return `${name} Spark ${spark}, Python ${python}, Java ${java}${archive}`;
  });
}

function memoryLines({ driverMemoryMb }: Config): string[] {
  const { totalMb, availableMb } = readMemory();
  const gigabytes = (mb: number) => `${(mb / 1024).toFixed(1)} GiB`;
  return [
    `Memory    ${gigabytes(availableMb)} of ${gigabytes(totalMb)} available; a session's heap may grow to ${gigabytes(driverMemoryMb)}`,
  ];
}

export function priorityLines(canRaise: boolean): string[] {
  return [
    canRaise
      ? "Priority  can be raised again: pool members boot at low priority beside the work of users"
      : "Priority  cannot be raised again by this user: pool members stand still while a calculation runs",
  ];
}

/**
 * The pool as this shell's settings have it. If a service runs, its settings count and not this shell's: a
 * running service without a page about its pool has none.
 */
function poolLines({ pool: { min, max } }: Config, isRunning: boolean): string[] {
  if (isRunning || max === 0)
    return ["Pool      turned off (GLAUX_POOL_MAX=0): every session boots a driver of its own"];
  return [`Pool      ${String(min)} to ${String(max)} members, when the service runs`];
}

export function renderPool({ bounds, members, waiting }: PoolPage): string[] {
  const count = members.length === 1 ? "1 member" : `${String(members.length)} members`;
  const head = `Pool      ${count}, between ${String(bounds.min)} and ${String(bounds.max)}; no other one boots: ${waiting}`;
  const rows = members.map(({ engineId, state, isPaused, ageMs }) => {
    const age = `${String(Math.round(ageMs / 1000))} s old`;
    return `          engine ${engineId}, ${isPaused ? `${state}, stands still for the work of users` : state}, ${age}`;
  });
  return [head, ...rows];
}
