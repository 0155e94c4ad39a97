import { spawn } from "node:child_process";
import { mkdir, open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { newDriverId, newSecret } from "../domain/ids.ts";
import type { DriverRow } from "../store/types.ts";
import { protocolVersion } from "./messages.ts";
import { startedTicks, tagVariable, type ProcessName } from "./processes.ts";
import type { LaunchSpec } from "./types.ts";

/** What every driver of this server shares. All paths are absolute. */
export interface DriverSettings {
  /** Where each driver gets a folder of its own. */
  driversFolder: string;
  /** For sockets: 0700, and short, because Linux limits a socket's path to 107 bytes. */
  socketsFolder: string;
  bucketsFolder: string;
  /** The folder that holds the Python package `glaux_driver`. */
  driverPackage: string;
  nodeId: string;
  /** The environment that drivers inherit: see `inheritedBySessions`. User code reads all of it. */
  baseEnv: Record<string, string>;
  /** Added for user code only. */
  runnerEnv: Record<string, string>;
  heapMb: number;
  cores: number;
  orphanMs: number;
  stopKillAfterMs: number;
  logMaxBytes: number;
}

const stopRepeatMs = 400;

/** The tag's beginning names this server's data folder, so that remains of its drivers can be told from those of another server. */
export function tagPrefix(nodeId: string): string {
  return `${nodeId}:`;
}

/** The id of the driver whose processes carry this tag. */
export function driverIdOf(tag: string): string {
  return tag.split(":")[1] ?? "";
}

/** Where a driver's own files are. */
export function driverPaths(
  id: string,
  { driversFolder, socketsFolder }: Pick<DriverSettings, "driversFolder" | "socketsFolder">,
): { folder: string; socketPath: string } {
  return { folder: join(driversFolder, id), socketPath: join(socketsFolder, `${id}.sock`) };
}

/** The store's row for a driver that is about to be started. */
export function newDriverRow(
  spec: LaunchSpec,
  settings: Pick<DriverSettings, "driversFolder" | "socketsFolder" | "nodeId">,
  now: number,
): DriverRow {
  const id = newDriverId();
  return {
    id,
    sessionId: spec.sessionId,
    engineId: spec.engine.id,
    ...driverPaths(id, settings),
    token: newSecret(),
    tag: `${tagPrefix(settings.nodeId)}${id}:${newSecret()}`,
    pid: null,
    pidStartedTicks: null,
    protocol: protocolVersion,
    fingerprint: spec.pool?.fingerprint ?? "",
    ackedSeq: 0,
    state: "live",
    createdAt: now,
  };
}

/** Makes the driver's folder and starts its supervisor, in a process group of its own, with nothing inherited but its log. */
export async function startSupervisor(
  row: DriverRow,
  spec: LaunchSpec,
  settings: DriverSettings,
): Promise<ProcessName> {
  await mkdir(row.folder, { mode: 0o700 });
  const launchFile = join(row.folder, "launch.json");
  await writeFile(launchFile, JSON.stringify(launchFileContent(row, spec, settings)), { mode: 0o600 });
  const log = await open(join(row.folder, "driver.log"), "a", 0o600);
  try {
    const child = spawn(spec.engine.python, ["-m", "glaux_driver.supervisor", launchFile], {
      cwd: row.folder,
      detached: true,
      stdio: ["ignore", log.fd, log.fd],
      env: { ...settings.baseEnv, PYTHONPATH: settings.driverPackage, [tagVariable]: row.tag },
    });
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", reject);
    });
    child.unref();
    const pid = child.pid ?? 0;
    // 0 stands for "gone already", which is then found out like any other death.
    return { pid, startedTicks: startedTicks(pid) ?? 0 };
  } finally {
    await log.close();
  }
}

function launchFileContent(row: DriverRow, spec: LaunchSpec, settings: DriverSettings): object {
  const { id, python, java, sparkHome, jars, jvmFlags } = spec.engine;
  return {
    protocol: row.protocol,
    driverId: row.id,
    token: row.token,
    tag: row.tag,
    folder: row.folder,
    socketPath: row.socketPath,
    engine: { id, python, java, sparkHome, jars, jvmFlags, extraJars: spec.extraJars },
    heapMb: settings.heapMb,
    cores: settings.cores,
    conf: spec.conf,
    buckets: settings.bucketsFolder,
    env: settings.runnerEnv,
    orphanMs: settings.orphanMs,
    logMaxBytes: settings.logMaxBytes,
    stop: { repeatMs: stopRepeatMs, killAfterMs: settings.stopKillAfterMs },
    ...(spec.pool ? { pool: { nice: spec.pool.nice } } : {}),
  };
}
