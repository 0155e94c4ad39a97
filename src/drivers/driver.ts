import { rm } from "node:fs/promises";
import { join } from "node:path";
import { deferred, type Deferred } from "../lib/deferred.ts";
import { delay } from "../lib/delay.ts";
import type { DriverRow, DriverStore } from "../store/types.ts";
import { openChannel, type Channel } from "./channel.ts";
import { readJournal } from "./journal.ts";
import { fileTail } from "../lib/file-tail.ts";
import { isJournaled, type DriverAnswer, type DriverEvent, type ServerMessage, type Welcome } from "./messages.ts";
import { hasEnded, isAlive, killTagged, signal, type ProcessName } from "./processes.ts";
import type { Driver, DriverListener, RunRequest, SessionNames } from "./types.ts";

const pingEveryMs = 5_000;
const silentAfterMs = 15_000;
const givenUpAfterMs = 120_000;
const answerTimeoutMs = 5_000;

export interface DriverDeps {
  store: DriverStore;
  listener: DriverListener;
  /** Called with what the listener or the store threw (a full disk, say). The event in question is delivered again. */
  onFailure: (driver: Driver, error: unknown) => void;
}

/**
 * The server's end of one driver, the same after a launch and after an adoption: it connects, replays what the store has not acknowledged, delivers events one
 * by one, and connects again whenever the connection breaks while the supervisor lives. When the supervisor is gone, by whatever cause, it kills what is left by
 * the tag, reads the rest of the journal from its file, and says `lost`. A supervisor that does not answer for two minutes is killed.
 */
export class AttendedDriver implements Driver {
  readonly id: string;
  readonly sessionId: string | null;
  readonly folder: string;
  readonly #row: DriverRow;
  readonly #process: ProcessName;
  readonly #deps: DriverDeps;
  readonly #detach = new AbortController();
  readonly #questions = new Map<number, Deferred<DriverAnswer>>();
  readonly #finished: Promise<void>;
  readonly #stopWatching = new AbortController();
  #channel: Channel | undefined;
  #welcome: Welcome | undefined;
  #ackedSeq: number;
  #lastHeardAt = performance.now();
  #isSilent = false;
  #nextQuestion = 1;
  #endReason: string | undefined;
  #ending: Promise<void> | undefined;

  constructor(row: DriverRow, process: ProcessName, deps: DriverDeps) {
    this.id = row.id;
    this.sessionId = row.sessionId;
    this.folder = row.folder;
    this.#row = row;
    this.#process = process;
    this.#deps = deps;
    this.#ackedSeq = row.ackedSeq;
    this.#finished = this.#attend();
  }

  /** Settles when the driver is lost, or let go by `detach`; never rejects. */
  get finished(): Promise<void> {
    return this.#finished;
  }

  assign(names: SessionNames): void {
    this.#channel?.send({ type: "assign", ...names });
  }

  run(request: RunRequest): void {
    this.#channel?.send({ type: "run", ...request });
  }

  stop(calculationId: string): void {
    this.#channel?.send({ type: "stop", calculationId });
  }

  async executors(): Promise<Record<string, unknown>[]> {
    const answer = await this.#ask((id) => ({ type: "executors", id }));
    return answer.type === "executors" ? answer.executors : [];
  }

  end(graceMs: number): Promise<void> {
    this.#ending ??= this.#end(graceMs);
    return this.#ending;
  }

  /** Lets go of the driver and leaves it running, for the next server to adopt. */
  async detach(): Promise<void> {
    this.#detach.abort();
    this.#channel?.close();
    await this.#finished;
  }

  async #end(graceMs: number): Promise<void> {
    this.#channel?.send({ type: "shutdown", graceMs });
    if (!(this.#channel && (await hasEnded(this.#process, graceMs + 1_000)))) {
      signal(this.#process, "SIGTERM");
      if (!(await hasEnded(this.#process, graceMs + 1_000))) await killTagged(this.#row.tag, 10_000);
    }
    await this.#finished;
  }

  async #attend(): Promise<void> {
    const watcher = this.#watchSilence();
    for (
      let pauseMs = 5;
      isAlive(this.#process) && !this.#detach.signal.aborted;
      pauseMs = Math.min(pauseMs * 2, 500)
    ) {
      if (await this.#tried(() => this.#connection())) pauseMs = 5;
      await delay(pauseMs, this.#detach.signal);
    }
    this.#stopWatching.abort();
    await watcher;
    while (!this.#detach.signal.aborted && !(await this.#tried(() => this.#bury())))
      await delay(1_000, this.#detach.signal);
  }

  /** False if `step` answered false or threw; what it threw is reported. */
  async #tried(step: () => Promise<boolean>): Promise<boolean> {
    try {
      return await step();
    } catch (error) {
      this.#deps.onFailure(this, error);
      return false;
    }
  }

  /** Lives through one connection; false if it could not even be opened. */
  async #connection(): Promise<boolean> {
    const hello = { token: this.#row.token, from: this.#ackedSeq };
    const channel = await openChannel(this.#row.socketPath, hello).catch(() => undefined);
    if (!channel) return false;
    if (this.#detach.signal.aborted) {
      channel.close();
      return true;
    }
    this.#channel = channel;
    try {
      for await (const message of channel.messages) await this.#receive(message);
    } finally {
      this.#channel = undefined;
      this.#welcome = undefined;
      channel.close();
    }
    return true;
  }

  async #receive(message: DriverEvent | DriverAnswer): Promise<void> {
    if (this.#detach.signal.aborted) return;
    this.#lastHeardAt = performance.now();
    if (isJournaled(message)) await this.#deliver(message);
    else if (message.type === "welcome") this.#welcome = message;
    else if (message.type === "progress") await this.#deps.listener.progress(this, message);
    else this.#questions.get(message.id)?.resolve(message);
    await this.#announceWhenReplayed();
  }

  /** `connected` comes once per connection, behind the last event that was journaled before it. */
  async #announceWhenReplayed(): Promise<void> {
    const welcome = this.#welcome;
    if (!welcome || this.#ackedSeq < welcome.seq) return;
    this.#welcome = undefined;
    await this.#deps.listener.connected(this, welcome);
  }

  async #deliver(event: DriverEvent): Promise<void> {
    if (event.seq <= this.#ackedSeq) return;
    if (event.type === "ended") this.#endReason = event.reason;
    await this.#deps.listener.event(this, event);
    await this.#deps.store.acked(this.id, event.seq);
    this.#ackedSeq = event.seq;
    this.#channel?.send({ type: "ack", seq: event.seq });
  }

  async #bury(): Promise<boolean> {
    await killTagged(this.#row.tag, 10_000);
    for (const event of await readJournal(this.folder, this.#ackedSeq)) await this.#deliver(event);
    const reason = this.#endReason ?? (await this.#deathReason());
    await this.#deps.listener.lost(this, reason);
    await this.#deps.store.ended(this.id);
    await rm(this.#row.socketPath, { force: true });
    return true;
  }

  async #deathReason(): Promise<string> {
    const tail = await fileTail(join(this.folder, "driver.log"));
    return `The session's supervisor process ended unexpectedly${tail ? `. Last lines of its log: ${tail}` : ""}`;
  }

  async #watchSilence(): Promise<void> {
    while (await delay(pingEveryMs, this.#stopWatching.signal)) {
      if (this.#detach.signal.aborted) return;
      this.#channel?.send({ type: "ping", id: this.#nextQuestion++ });
      const quietMs = performance.now() - this.#lastHeardAt;
      if (quietMs > givenUpAfterMs) await killTagged(this.#row.tag, 10_000);
      const isSilent = quietMs > silentAfterMs;
      if (isSilent === this.#isSilent) continue;
      this.#isSilent = isSilent;
      await this.#tried(() => this.#deps.listener.silent(this, isSilent).then(() => true));
    }
  }

  async #ask(question: (id: number) => ServerMessage): Promise<DriverAnswer> {
    if (!this.#channel) throw new Error(`Driver ${this.id} is not connected`);
    const id = this.#nextQuestion++;
    const answer = deferred<DriverAnswer>();
    this.#questions.set(id, answer);
    const timer = setTimeout(() => {
      answer.reject(new Error(`Driver ${this.id} did not answer within ${String(answerTimeoutMs)} ms`));
    }, answerTimeoutMs);
    try {
      this.#channel.send(question(id));
      return await answer.promise;
    } finally {
      clearTimeout(timer);
      this.#questions.delete(id);
    }
  }
}
