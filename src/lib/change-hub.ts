/**
 * Says "something about this key changed" to whoever waits for it. Carries no value: the waiter reads the
 * truth (the store) again. A change that nobody waits for is forgotten, so a waiter must read first, then
 * wait, then read again. `watch` makes that free of races, because it listens from the moment it is called.
 */
export interface ChangeHub {
  notify(key: string): void;
  watch(key: string): Watch;
}

export interface Watch extends Disposable {
  /**
   * Resolves at the next change since `watch` (or since the last resolution), after `timeoutMs` milliseconds,
   * or when `signal` fires.
   */
  next(timeoutMs: number, signal?: AbortSignal): Promise<void>;
}

export function changeHub(): ChangeHub {
  const listeners = new Map<string, Set<() => void>>();
  return {
    notify(key) {
      for (const listener of [...(listeners.get(key) ?? [])]) listener();
    },
    watch(key) {
      let changed = false;
      let wake: (() => void) | undefined;
      const listener = () => {
        changed = true;
        wake?.();
      };
      const set = listeners.get(key) ?? new Set();
      listeners.set(key, set.add(listener));
      return {
        async next(timeoutMs, signal) {
          if (!changed && timeoutMs > 0 && !signal?.aborted) {
            await new Promise<void>((resolve) => {
              const done = () => {
                clearTimeout(timer);
                signal?.removeEventListener("abort", done);
                wake = undefined;
                resolve();
              };
              const timer = setTimeout(done, timeoutMs);
              signal?.addEventListener("abort", done, { once: true });
              wake = done;
            });
          }
          changed = false;
        },
        [Symbol.dispose]() {
          set.delete(listener);
          if (set.size === 0 && listeners.get(key) === set) listeners.delete(key);
        },
      };
    },
  };
}
