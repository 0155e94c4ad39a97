import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { closeSync, mkdirSync, openSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { tagVariable } from "../../src/drivers/local/processes.ts";
import { packageFolder } from "../../bin/run-node.mjs";

export interface LiveProcess {
  readonly pid: number;
  readonly command: string;
}

/** Every process that has a command line, and so is no zombie. */
export function liveProcesses(): LiveProcess[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => ({ pid: Number(pid), command: commandOf(pid) }))
    .filter(({ command }) => command !== "");
}

/**
 * The drivers of this data folder: the pids of each driver's supervisor and guardian, which have the same
 * command line.
 */
export function driversOf(home: string): Map<string, number[]> {
  const drivers = join(home, "drivers/");
  const found = new Map<string, number[]>();
  for (const { pid, command } of liveProcesses()) {
    if (!command.includes(drivers) || !command.trimEnd().endsWith("/launch.json")) continue;
    found.set(command, [...(found.get(command) ?? []), pid]);
  }
  return found;
}

/**
 * Starts a driver that no server knows, with the launch data of an earlier driver. Undefined if there was no
 * driver yet.
 */
export function startStray(home: string): number | undefined {
  const drivers = join(home, "drivers");
  const launch = readdirSync(drivers)
    .map((id) => launchOf(join(drivers, id)))
    .find((found) => found !== undefined);
  if (launch === undefined) return undefined;
  const id = randomUUID().replaceAll("-", "").slice(0, 12);
  const folder = join(drivers, id);
  const tag = `${randomUUID()}:${id}:secret`;
  mkdirSync(folder);
  const file = join(folder, "launch.json");
  const socketPath = launch.socketPath.replace(launch.driverId, id);
  writeFileSync(file, JSON.stringify({ ...launch, driverId: id, folder, socketPath, tag }));
  const log = openSync(join(folder, "driver.log"), "a");
  const child = spawn(launch.engine.python, ["-m", "glaux_driver.supervisor", file], {
    cwd: folder,
    detached: true,
    stdio: ["ignore", log, log],
    env: { ...process.env, PYTHONPATH: join(packageFolder, "driver"), [tagVariable]: tag },
  });
  closeSync(log);
  child.unref();
  return child.pid;
}

interface Launch {
  readonly driverId: string;
  readonly socketPath: string;
  readonly engine: { readonly python: string };
}

/** Undefined if there is no launch data, or only half of it because the server was killed while it wrote. */
function launchOf(folder: string): Launch | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, "launch.json"), "utf8")) as Launch;
  } catch {
    return undefined;
  }
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    // The process has ended meanwhile.
    return "";
  }
}
