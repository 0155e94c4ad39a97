import type { Pong } from "./messages.ts";

/** With a ping every 5 s, a supervisor counts as silent after 15 s and is given up after two minutes. */
const silentAfterPings = 3;
const givenUpAfterPings = 24;

export interface SilenceDeps {
  ping: () => void;
  report: (isSilent: boolean) => Promise<void>;
  giveUp: () => Promise<unknown>;
}

/**
 * Watches whether a supervisor answers. It counts pings without an answer, and does not measure time. A
 * server that was itself stopped for a while (by a signal, or because its machine was suspended) sees all
 * that time pass at once, before it has read the answers that wait in the socket.
 */
export class SilenceWatch {
  readonly #deps: SilenceDeps;
  #unanswered = 0;
  /** What was reported last. Undefined at first, because an earlier server may have reported either value. */
  #isSilent: boolean | undefined;

  constructor(deps: SilenceDeps) {
    this.#deps = deps;
  }

  /** Any message of the supervisor is a sign of life. */
  heard(): void {
    this.#unanswered = 0;
  }

  /**
   * Reports the end of the silence only if the JVM answers too: a session whose JVM is silent stays degraded
   * although its supervisor answers.
   */
  async answered(pong: Pong): Promise<void> {
    if (pong.jvm) await this.#report(false);
  }

  async tick(): Promise<void> {
    const unanswered = this.#unanswered++;
    this.#deps.ping();
    if (unanswered >= givenUpAfterPings) await this.#deps.giveUp();
    if (unanswered >= silentAfterPings) await this.#report(true);
  }

  /** The value is remembered only after the report has succeeded, so a report that fails is made again. */
  async #report(isSilent: boolean): Promise<void> {
    if (isSilent === this.#isSilent) return;
    await this.#deps.report(isSilent);
    this.#isSilent = isSilent;
  }
}
