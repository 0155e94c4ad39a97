import type { ChangeHub } from "../lib/change-hub.ts";

const freshForMs = 3_000;
const heldForMs = 1_500;

/**
 * Lets a status request wait a little for a state that is about to change. A client that sleeps between two
 * requests then need not ask a second time. An answer is held only within 3 s after its object was started,
 * stopped or terminated, for at most 1.5 s, and never while the server drains. The answer to a Start request
 * may wait a moment too (`soon`).
 */
export interface HeldAnswers {
  /** To be called when the object has just been started, stopped or terminated. */
  touched(id: string): void;
  /** Reads the state. If it is not final, waits until it has changed. */
  read<T extends { state: string }>(
    id: string,
    read: () => Promise<T>,
    isFinal: (state: T["state"]) => boolean,
    signal: AbortSignal,
  ): Promise<T>;
  /** For the answer to a Start request: waits at most `withinMs` for a final state. */
  soon<T extends { state: string }>(
    id: string,
    read: () => Promise<T>,
    isFinal: (state: T["state"]) => boolean,
    withinMs: number,
  ): Promise<T>;
  /** From now on no answer is held, and all answers that are held are sent. */
  release(): void;
}

/**
 * `ticks` is a clock in milliseconds that never jumps. `onHeld` is called for each request that has to wait.
 */
export function heldAnswers(hub: ChangeHub, ticks: () => number, onHeld: () => void = () => undefined): HeldAnswers {
  const freshUntil = new Map<string, number>();
  const released = new AbortController();
  const waitForChange: HeldAnswers["read"] = async (id, read, isFinal, signal) => {
    using watch = hub.watch(id);
    const either = AbortSignal.any([signal, released.signal]);
    const until = ticks() + heldForMs;
    const first = await read();
    for (let value = first; ; value = await read()) {
      const leftMs = until - ticks();
      const isAnswer = isFinal(value.state) || value.state !== first.state;
      if (isAnswer || leftMs <= 0 || either.aborted) return value;
      if (value === first) onHeld();
      await watch.next(leftMs, either);
    }
  };
  return {
    touched(id) {
      // The map is in order of insertion, which is also the order of expiry.
      for (const [old, until] of freshUntil) {
        if (until > ticks()) break;
        freshUntil.delete(old);
      }
      freshUntil.delete(id);
      freshUntil.set(id, ticks() + freshForMs);
    },
    read(id, read, isFinal, signal) {
      const isFresh = (freshUntil.get(id) ?? 0) > ticks() && !released.signal.aborted;
      return isFresh ? waitForChange(id, read, isFinal, signal) : read();
    },
    async soon(id, read, isFinal, withinMs) {
      using watch = hub.watch(id);
      const until = ticks() + withinMs;
      for (;;) {
        const value = await read();
        const leftMs = until - ticks();
        if (isFinal(value.state) || leftMs <= 0 || released.signal.aborted) return value;
        await watch.next(leftMs, released.signal);
      }
    },
    release() {
      released.abort();
    },
  };
}
