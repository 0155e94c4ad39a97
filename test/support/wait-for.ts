import { setTimeout as sleep } from "node:timers/promises";

/**
 * Polls until `look` gives an answer, and returns the answer. On timeout, rejects with the name of what was
 * awaited.
 */
export async function waitFor<T>(
  what: string,
  look: () => T | undefined | Promise<T | undefined>,
  { withinMs = 60_000, everyMs = 25 }: { withinMs?: number; everyMs?: number } = {},
): Promise<T> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() >= deadline) throw new Error(`Waited ${String(withinMs / 1000)} s in vain for ${what}`);
    await sleep(everyMs);
  }
}
