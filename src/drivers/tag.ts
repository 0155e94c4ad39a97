import { newSecret } from "../domain/ids.ts";

/**
 * The first part of a tag names this server's data folder. By it the processes that this server's drivers
 * have left are told from another server's.
 */
export function tagPrefix(nodeId: string): string {
  return `${nodeId}:`;
}

export function newTag(nodeId: string, driverId: string): string {
  return `${tagPrefix(nodeId)}${driverId}:${newSecret()}`;
}

/** The id of the driver that carries this tag; empty if the tag has no id. */
export function driverIdOf(tag: string): string {
  return tag.split(":")[1] ?? "";
}
