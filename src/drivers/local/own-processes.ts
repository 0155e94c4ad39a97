import { join } from "node:path";
import { driverIdOf, tagPrefix } from "../tag.ts";
import { commandLine, type TaggedProcess } from "./processes.ts";

/** The data folder whose processes are looked for. */
export interface DataFolder {
  /**
   * The node id in the tags of the folder's drivers. Undefined if the database, which holds the node id,
   * cannot be read.
   */
  nodeId: string | undefined;
  driversFolder: string;
}

/**
 * Whether a process belongs to a driver of this data folder, judged by its tag. Supervisors are also
 * recognized by their command line: if the database was lost, or restored from a backup, the node id in the
 * tags may be another.
 */
export function isOfDataFolder(process: TaggedProcess, { nodeId, driversFolder }: DataFolder): boolean {
  return (nodeId !== undefined && process.tag.startsWith(tagPrefix(nodeId))) || isSupervisorOf(driversFolder, process);
}

/** Compares a whole argument, because the path of one data folder may end like the path of another. */
function isSupervisorOf(driversFolder: string, { pid, tag }: TaggedProcess): boolean {
  return commandLine(pid).includes(join(driversFolder, driverIdOf(tag), "launch.json"));
}
