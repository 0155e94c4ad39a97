import { delay } from "./delay.ts";

/** Waits until all have settled, well or not, but at most `ms` milliseconds. */
export async function settledWithin(promises: Iterable<Promise<unknown>>, ms: number): Promise<void> {
  const settled = new AbortController();
  const all = Promise.allSettled(promises).finally(() => {
    settled.abort();
  });
  await Promise.race([all, delay(ms, settled.signal)]);
}
