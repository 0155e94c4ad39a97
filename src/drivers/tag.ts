import { newSecret } from "../domain/ids.ts";

/** The tag's beginning names this server's data folder, so that what is left of its drivers can be told from another server's. */
export function tagPrefix(nodeId: string): string {
  return `${nodeId}:`;
}

export function newTag(nodeId: string, driverId: string): string {
  return `${tagPrefix(nodeId)}${driverId}:${newSecret()}`;
}

/** The id of the driver that carries this tag. */
export function driverIdOf(tag: string): string {
  return tag.split(":")[1] ?? "";
}
