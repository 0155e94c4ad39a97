import { rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { removeAttempts } from "./attempts.ts";
import type { LocalHandle } from "./handle.ts";
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
  id: string,
  { folder, socketPath, portsSocketPath }: Pick<LocalHandle, "folder" | "socketPath" | "portsSocketPath">,
  { bucketsFolder, part = "local" }: { bucketsFolder: string; part?: "local" | "" },
): Promise<void> {
  if (basename(folder) !== id) throw new Error(`${folder} is not the folder of driver ${id}`);
  try {
    await rm(join(folder, part), { recursive: true, force: true });
    await removeAttempts(bucketsFolder, id);
  } finally {
    // At the end: the sweep finds a driver that was not cleared away by its socket. What cannot be removed now
    // is not tried again and again; it goes with the folder, when its retention time is over.
    for (const path of [portsSocketPath, socketPath]) if (path !== null) await rm(path, { force: true });
  }
}
