import type { Pong } from "./messages.ts";

/** With a ping every 5 s: silent after 15 s, given up after two minutes. */
const silentAfterPings = 3;
const givenUpAfterPings = 24;

export interface SilenceDeps {
  ping: () => void;
  report: (isSilent: boolean) => Promise<void>;
  giveUp: () => Promise<unknown>;
}

/**
 * Whether a supervisor answers. What counts is pings without an answer and not time: a server that was itself stopped for a while (by a signal, or with its
 * machine) sees all that time pass at once, before it has read the answers that wait in the socket.
 */
export class SilenceWatch {
  readonly #deps: SilenceDeps;
  #unanswered = 0;
  /** What was reported last; unknown at first, because an earlier server may have reported anything. */
  #isSilent: boolean | undefined;

  constructor(deps: SilenceDeps) {
    this.#deps = deps;
  }

  /** Any message is a sign of life. */
  heard(): void {
    this.#unanswered = 0;
  }

  /** A JVM that does not answer keeps its session degraded, although its supervisor does. */
  async answered(pong: Pong): Promise<void> {
    if (pong.jvm) await this.#report(false);
  }

  async tick(): Promise<void> {
    const unanswered = this.#unanswered++;
    this.#deps.ping();
    if (unanswered >= givenUpAfterPings) await this.#deps.giveUp();
    if (unanswered >= silentAfterPings) await this.#report(true);
  }

  /** Remembered only when it was told: a report that fails is made again. */
  async #report(isSilent: boolean): Promise<void> {
    if (isSilent === this.#isSilent) return;
    await this.#deps.report(isSilent);
    this.#isSilent = isSilent;
  }
}
