import { delay } from "./delay.ts";

/**
 * True if the promise resolves within `ms` milliseconds, false if the time runs out first. Rejects if the
 * promise does.
 */
export async function settlesWithin(promise: Promise<unknown>, ms: number): Promise<boolean> {
  const settled = new AbortController();
  const timeIsUp = delay(ms, settled.signal);
  try {
    return await Promise.race([promise.then(() => true), timeIsUp.then((isUp) => !isUp)]);
  } finally {
    settled.abort();
  }
}
