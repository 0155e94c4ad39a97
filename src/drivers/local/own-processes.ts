import { join } from "node:path";
import { driverIdOf, tagPrefix } from "../tag.ts";
import { commandLine, type TaggedProcess } from "./processes.ts";

/** Whose processes they are. */
export interface DataFolder {
  /** In the tags of its drivers; undefined if the database that says it cannot be read. */
  nodeId: string | undefined;
  driversFolder: string;
}

/**
 * Whether a process belongs to a driver of this data folder, by its tag. Supervisors are also known by their command line: a database that was lost or put back
 * makes another tag.
 */
export function isOfDataFolder(process: TaggedProcess, { nodeId, driversFolder }: DataFolder): boolean {
  return (nodeId !== undefined && process.tag.startsWith(tagPrefix(nodeId))) || isSupervisorOf(driversFolder, process);
}

/** Compared whole: the path of one data folder may end like that of another. */
function isSupervisorOf(driversFolder: string, { pid, tag }: TaggedProcess): boolean {
  return commandLine(pid).includes(join(driversFolder, driverIdOf(tag), "launch.json"));
}
