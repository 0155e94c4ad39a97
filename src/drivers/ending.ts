import { rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileTail } from "../lib/file-tail.ts";
import type { DriverRow } from "../store/types.ts";
import { removeAttempts } from "./attempts.ts";
import type { DriverSettings } from "./launch.ts";
import { hasEnded, killTagged, signal, type ProcessName } from "./processes.ts";

/** The rungs below a `shutdown` that was sent (`isAsked`) or could not be: SIGTERM, then SIGKILL to everything that carries the driver's tag. */
export async function endProcesses(
  process: ProcessName,
  { tag, isAsked, graceMs }: { tag: string; isAsked: boolean; graceMs: number },
): Promise<void> {
  const waitMs = graceMs + 1_000;
  if (isAsked && (await hasEnded(process, waitMs))) return;
  signal(process, "SIGTERM");
  if (!(await hasEnded(process, waitMs))) await killTagged(tag, 10_000);
}

/**
 * Removes what a driver removes itself unless it is killed: its shuffle files, which may be large, in the part `local` of its folder, and what its jobs have
 * written to buckets and not committed. The part `""` is the whole folder of the driver.
 */
export async function removeRemains(
  { id, socketPath, folder }: Pick<DriverRow, "id" | "socketPath" | "folder">,
  { bucketsFolder }: Pick<DriverSettings, "bucketsFolder">,
  part: "local" | "" = "local",
): Promise<void> {
  if (basename(folder) !== id) throw new Error(`${folder} is not the folder of driver ${id}`);
  try {
    await rm(join(folder, part), { recursive: true, force: true });
    await removeAttempts(bucketsFolder, id);
  } finally {
    // Last: by its socket a driver is known that was not cleared away. What cannot be removed is not tried again and again; it goes with the folder, after its time.
    await rm(socketPath, { force: true });
  }
}

/** For a supervisor that did not tell itself why it ended. */
export async function deathReason(folder: string): Promise<string> {
  const tail = await fileTail(join(folder, "driver.log"));
  return `The session's supervisor process ended unexpectedly${tail ? `. Last lines of its log: ${tail}` : ""}`;
}
