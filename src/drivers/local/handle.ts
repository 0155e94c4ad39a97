import { join } from "node:path";
import type { DriverHandle } from "../../store/types.ts";
import type { ProcessName } from "./processes.ts";

/** Where a driver of this machine is. All paths are absolute. */
export interface LocalHandle extends DriverHandle {
  readonly version: 1;
  /** The driver's own folder, which holds `launch.json`, its journal, its logs, and its working files. */
  readonly folder: string;
  readonly socketPath: string;
  /**
   * Path of the socket for the inner ports. Null for a driver that was started by a version without inner
   * ports.
   */
  readonly portsSocketPath: string | null;
  /**
   * Pid of the supervisor. Null until the supervisor has been started; 0 if the supervisor was found to have
   * ended.
   */
  readonly pid: number | null;
  /**
   * Start time of that process in clock ticks since boot, from /proc/<pid>/stat. Pid and start time together
   * identify the process.
   */
  readonly startedTicks: number | null;
}

export interface LocalFolders {
  /** The folder in which each driver gets a folder of its own. */
  driversFolder: string;
  /**
   * The folder for sockets. Its mode is 0700. Its path is short, because Linux limits a socket's path to 107
   * bytes.
   */
  socketsFolder: string;
}

/** The handle of a driver that has not been started. */
export function newHandle(driverId: string, { driversFolder, socketsFolder }: LocalFolders): LocalHandle {
  return {
    version: 1,
    folder: join(driversFolder, driverId),
    socketPath: join(socketsFolder, `${driverId}.sock`),
    portsSocketPath: join(socketsFolder, `${driverId}.port`),
    pid: null,
    startedTicks: null,
  };
}

export function readHandle(handle: DriverHandle): LocalHandle {
  if (handle.version !== 1)
    throw new Error(
      `A driver's handle has the version ${String(handle.version)}, which this version of Glaux cannot read`,
    );
  return handle as LocalHandle;
}

/** Undefined if the driver has not been started. */
export function supervisorOf({ pid, startedTicks }: LocalHandle): ProcessName | undefined {
  return pid === null ? undefined : { pid, startedTicks: startedTicks ?? 0 };
}

export function withSupervisor(handle: LocalHandle, { pid, startedTicks }: ProcessName): LocalHandle {
  return { ...handle, pid, startedTicks };
}
