import { join } from "node:path";
import type { DriverHandle } from "../../store/types.ts";
import type { ProcessName } from "./processes.ts";

/** Where a driver of this machine is. All paths are absolute. */
export interface LocalHandle extends DriverHandle {
  readonly version: 1;
  /** For all that is the driver's own: `launch.json`, its journal, its logs, what it works with. */
  readonly folder: string;
  readonly socketPath: string;
  /** Of the socket for the inner ports. Null for a driver that a version without them has started. */
  readonly portsSocketPath: string | null;
  /** The supervisor. Null until it has been started; 0 if it was gone before anybody could look at it. */
  readonly pid: number | null;
  /** Start time of that process in clock ticks since boot, from /proc/<pid>/stat: with the pid it names the process for good. */
  readonly startedTicks: number | null;
}

export interface LocalFolders {
  /** Where each driver gets a folder of its own. */
  driversFolder: string;
  /** For sockets: 0700, and short, because Linux limits a socket's path to 107 bytes. */
  socketsFolder: string;
}

/** Of a driver that has not been started. */
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

/** Undefined for a driver that has not been started. */
export function supervisorOf({ pid, startedTicks }: LocalHandle): ProcessName | undefined {
  return pid === null ? undefined : { pid, startedTicks: startedTicks ?? 0 };
}

export function withSupervisor(handle: LocalHandle, { pid, startedTicks }: ProcessName): LocalHandle {
  return { ...handle, pid, startedTicks };
}
