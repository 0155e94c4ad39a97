import { exitCodeOf, Interrupted } from "./failure.ts";

/**
 * One Ctrl-C may arrive twice within this time: from the terminal, and passed on by a wrapper such as npm.
 */
const sameWithinMs = 300;

export interface Signals extends Disposable {
  /** Aborted at the first signal, with an Interrupted as its reason. */
  readonly abort: AbortSignal;
  /**
   * The first signal, once it has come. SIGHUP means that the terminal was closed and counts as SIGTERM,
   * unless there is an `onHangUp`.
   */
  readonly received: "SIGINT" | "SIGTERM" | undefined;
}

export interface SignalOptions {
  /** Called at a second signal, just before the process ends by `exit`. */
  onSecond?: () => void;
  /** Called at SIGHUP. Then SIGHUP does not end the command. */
  onHangUp?: (() => void) | undefined;
  exit?: (code: number) => void;
  /** The time in milliseconds of a clock that never jumps. */
  now?: () => number;
}

/**
 * Turns the first SIGINT or SIGTERM into an abort, so that a command can end in order. A second signal ends
 * the process at once.
 */
export function watchSignals({
  onSecond,
  onHangUp,
  exit = (code) => process.exit(code),
  now = () => performance.now(),
}: SignalOptions = {}): Signals {
  const controller = new AbortController();
  let received: Signals["received"];
  let receivedAt = 0;
  const onSignal = (name: NodeJS.Signals) => {
    const signal = name === "SIGINT" ? "SIGINT" : "SIGTERM";
    if (received === undefined) {
      received = signal;
      receivedAt = now();
      controller.abort(new Interrupted(signal));
    } else if (now() - receivedAt > sameWithinMs) {
      onSecond?.();
      exit(exitCodeOf(signal));
    }
  };
  const handlers = { SIGINT: onSignal, SIGTERM: onSignal, SIGHUP: onHangUp ?? onSignal };
  const watched = Object.entries(handlers);
  for (const [name, handler] of watched) process.on(name, handler);
  return {
    abort: controller.signal,
    get received() {
      return received;
    },
    [Symbol.dispose]() {
      for (const [name, handler] of watched) process.off(name, handler);
    },
  };
}

/** Resolves when the signal is aborted, at once if it already is. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
