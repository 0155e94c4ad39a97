import { rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { removeAttempts } from "./attempts.ts";
import type { LocalHandle } from "./handle.ts";
import { hasEnded, killTagged, signal, type ProcessName } from "./processes.ts";

/**
 * Ends a supervisor after a `shutdown` message was sent (`isAsked`), or could not be sent. If the supervisor
 * was asked, waits for it. If it lives on, sends SIGTERM and waits again. If it still lives, sends SIGKILL to
 * everything that carries the driver's tag. Each wait takes 1 s more than `graceMs`.
 */
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
 * Removes the files that a driver removes itself unless it is killed. These are its shuffle files, which may
 * be large and lie in the sub-folder `local` of its folder, the files that its jobs wrote to buckets and did
 * not commit, and its sockets. With the part `""` the whole folder of the driver is removed.
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
    // The sockets go last, because the sweep recognizes by a socket that a driver's files were not removed.
    // They go even if a file could not be removed, so that the sweep does not try again and again. Such a
    // file goes with the driver's folder when its retention time is over.
    for (const path of [portsSocketPath, socketPath]) if (path !== null) await rm(path, { force: true });
  }
}
