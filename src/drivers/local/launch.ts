import { spawn } from "node:child_process";
import { mkdir, open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { StartedDriver } from "../place.ts";
import type { LaunchSpec } from "../types.ts";
import type { LocalFolders, LocalHandle } from "./handle.ts";
import { startedTicks, tagVariable, type ProcessName } from "./processes.ts";

/** Settings that all drivers of this machine share. All paths are absolute. */
export interface LocalSettings extends LocalFolders {
  bucketsFolder: string;
  /** The folder that holds the Python package `glaux_driver`. */
  driverPackage: string;
  nodeId: string;
  /** The environment that drivers inherit: see `inheritedBySessions`. User code can read all of it. */
  baseEnv: Record<string, string>;
  /** Environment variables that are added for user code only. */
  runnerEnv: Record<string, string>;
  driverMemoryMb: number;
  driverCores: number;
  orphanMs: number;
  stopKillAfterMs: number;
  driverLogMaxBytes: number;
}

const stopRepeatMs = 400;

/**
 * Makes the driver's folder and starts its supervisor in a process group of its own. The supervisor inherits
 * no file descriptor but its log.
 */
export async function startSupervisor(
  driver: StartedDriver,
  { folder, socketPath, portsSocketPath }: LocalHandle,
  spec: LaunchSpec,
  settings: LocalSettings,
): Promise<ProcessName> {
  await mkdir(folder, { mode: 0o700 });
  const launchFile = join(folder, "launch.json");
  const content = { folder, socketPath, portsSocketPath, ...launchFileContent(driver, spec, settings) };
  await writeFile(launchFile, JSON.stringify(content), { mode: 0o600 });
  const log = await open(join(folder, "driver.log"), "a", 0o600);
  try {
    const child = spawn(spec.engine.python, ["-m", "glaux_driver.supervisor", launchFile], {
      cwd: folder,
      detached: true,
      stdio: ["ignore", log.fd, log.fd],
      env: { ...settings.baseEnv, PYTHONPATH: settings.driverPackage, [tagVariable]: driver.tag },
    });
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", reject);
    });
    child.unref();
    const pid = child.pid ?? 0;
    // A start time of 0 means that the process has ended already. The server then notices the end like that
    // of any other driver.
    return { pid, startedTicks: startedTicks(pid) ?? 0 };
  } finally {
    await log.close();
  }
}

function launchFileContent(driver: StartedDriver, spec: LaunchSpec, settings: LocalSettings): object {
  const { id, python, java, sparkHome, jars, jvmFlags } = spec.engine;
  return {
    protocol: driver.protocol,
    driverId: driver.id,
    token: driver.token,
    tag: driver.tag,
    engine: { id, python, java, sparkHome, jars, jvmFlags, extraJars: spec.extraJars },
    driverMemoryMb: settings.driverMemoryMb,
    driverCores: settings.driverCores,
    conf: spec.conf,
    buckets: settings.bucketsFolder,
    env: settings.runnerEnv,
    orphanMs: settings.orphanMs,
    driverLogMaxBytes: settings.driverLogMaxBytes,
    stop: { repeatMs: stopRepeatMs, killAfterMs: settings.stopKillAfterMs },
    ...(spec.pool ? { pool: { nice: spec.pool.nice } } : {}),
  };
}
