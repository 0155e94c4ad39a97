import { setTimeout as sleep } from "node:timers/promises";

/**
 * Waits `ms` milliseconds, or less if `signal` fires; never throws. True if the whole time passed, false if
 * it was cut short.
 */
export async function delay(ms: number, signal?: AbortSignal): Promise<boolean> {
  try {
    await sleep(ms, undefined, signal ? { signal } : {});
    return true;
  } catch {
    return false;
  }
}
