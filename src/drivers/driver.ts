import { delay } from "../lib/delay.ts";
import type { DriverRow, DriverStore } from "../store/types.ts";
import { openChannel, type Channel } from "./channel.ts";
import { settlesWithin } from "../lib/settles-within.ts";
import {
  isJournaled,
  type DriverAnswer,
  type DriverMessage,
  type JournaledMessage,
  type Query,
  type Welcome,
} from "./messages.ts";
import { oneAtATime } from "./one-at-a-time.ts";
import type { DriverLogs } from "./logs.ts";
import type { DriverSite } from "./place.ts";
import { Questions } from "./questions.ts";
import { SilenceWatch } from "./silence.ts";
import type { ClaimRequest, Driver, DriverListener, RunRequest, SessionNames } from "./types.ts";

export interface DriverDeps {
  store: DriverStore;
  listener: DriverListener;
  /**
   * Called with each error that the listener or the store threw (a full disk, say); the event that failed is
   * then delivered again. Also called for each line of the supervisor that this version cannot read; such a
   * line is skipped.
   */
  onFailure: (driver: Driver, error: unknown) => void;
  /**
   * Milliseconds between two pings; default 5 s. A supervisor counts as silent after 3 pings without an
   * answer, and is killed after 24.
   */
  pingEveryMs?: number;
  /**
   * Milliseconds that `end` waits, once no process is left, for the listener and the store to take the
   * driver's end. Default 10 s.
   */
  settleMs?: number;
}

/**
 * The server's side of one driver. It works the same after a launch and after an adoption. It connects,
 * replays the events that the store has not acknowledged, and delivers events one at a time. It connects
 * again whenever the connection breaks while the supervisor lives. When the supervisor is gone, for whatever
 * reason, it kills every process that still carries the driver's tag, reads the rest of the journal from its
 * file, and calls the listener's `lost`. A supervisor that does not answer for two minutes is killed.
 */
export class AttendedDriver implements Driver {
  readonly id: string;
  readonly isFromPool: boolean;
  readonly #row: DriverRow;
  readonly #site: DriverSite;
  readonly #deps: DriverDeps;
  readonly #detach = new AbortController();
  readonly #questions = new Questions<DriverAnswer>();
  readonly #silence: SilenceWatch;
  readonly #inTurn = oneAtATime();
  readonly #finished: Promise<string | null>;
  #sessionId: string | null;
  #channel: Channel | undefined;
  #welcome: Welcome | undefined;
  #ackedSeq: number;
  #endReason: string | undefined;
  #lostFor: string | null = null;
  #leavesNothing = false;
  #ending: Promise<void> | undefined;

  constructor(row: DriverRow, site: DriverSite, deps: DriverDeps) {
    this.id = row.id;
    this.#sessionId = row.sessionId;
    this.isFromPool = row.fingerprint !== "";
    this.#row = row;
    this.#site = site;
    this.#deps = deps;
    this.#ackedSeq = row.ackedSeq;
    this.#silence = new SilenceWatch({
      ping: () => this.#channel?.send({ type: "ping", id: this.#questions.newId() }),
      report: (isSilent) => deps.listener.silent(this, isSilent),
      giveUp: () => site.kill(),
    });
    this.#finished = this.#attend();
  }

  get sessionId(): string | null {
    return this.#sessionId;
  }

  /** Sets the session that the driver serves; null for none. See `Drivers.give` and `Drivers.takeBack`. */
  serve(sessionId: string | null): void {
    this.#sessionId = sessionId;
  }

  get finished(): Promise<string | null> {
    return this.#finished;
  }

  get logs(): DriverLogs {
    return this.#site.logs;
  }

  get isConnected(): boolean {
    return this.#channel !== undefined;
  }

  assign(names: SessionNames): void {
    this.#channel?.send({ type: "assign", ...names });
  }

  claim(request: ClaimRequest): void {
    this.#channel?.send({ type: "claim", ...request });
  }

  pause(): void {
    this.#channel?.send({ type: "pause" });
  }

  resume(): void {
    this.#channel?.send({ type: "resume" });
  }

  run(request: RunRequest): void {
    this.#channel?.send({ type: "run", ...request });
  }

  stop(calculationId: string): void {
    this.#channel?.send({ type: "stop", calculationId });
  }

  async executors(): Promise<Record<string, unknown>[]> {
    const answer = await this.#ask("executors");
    return answer.type === "executors" ? answer.executors : [];
  }

  async queries(): Promise<Query[]> {
    const answer = await this.#ask("queries");
    return answer.type === "queries" ? answer.queries : [];
  }

  end(graceMs: number, { leaveNothing = false } = {}): Promise<void> {
    this.#leavesNothing ||= leaveNothing;
    this.#ending ??= this.#end(graceMs).finally(() => {
      this.#ending = undefined; // after a failed end, `end` may be called again
    });
    return this.#ending;
  }

  /** Stops attending to the driver and leaves it running, for the next server to adopt. */
  async detach(): Promise<void> {
    this.#detach.abort();
    this.#channel?.close();
    await this.#finished;
  }

  async #ask(type: "executors" | "queries"): Promise<DriverAnswer> {
    const channel = this.#channel;
    if (!channel) throw new Error(`Driver ${this.id} is not connected`);
    return this.#questions.ask((id) => {
      channel.send({ type, id });
    });
  }

  async #end(graceMs: number): Promise<void> {
    this.#channel?.send({ type: "shutdown", graceMs });
    await this.#site.end({ isAsked: this.#channel !== undefined, graceMs });
    if (!(await settlesWithin(this.#finished, this.#deps.settleMs ?? 10_000)))
      throw new Error(`Driver ${this.id} has ended, but that could not be stored yet`);
  }

  async #attend(): Promise<string | null> {
    const stopWatching = new AbortController();
    const watcher = this.#watchSilence(AbortSignal.any([stopWatching.signal, this.#detach.signal]));
    for (let pauseMs = 5; !this.#detach.signal.aborted && (await this.#lives()); pauseMs = Math.min(pauseMs * 2, 500)) {
      if (await this.#tried(() => this.#connection())) pauseMs = 5;
      await delay(pauseMs, this.#detach.signal);
    }
    stopWatching.abort();
    await watcher;
    while (!this.#detach.signal.aborted && !(await this.#tried(() => this.#bury())))
      await delay(1_000, this.#detach.signal);
    return this.#lostFor;
  }

  async #watchSilence(signal: AbortSignal): Promise<void> {
    while (await delay(this.#deps.pingEveryMs ?? 5_000, signal))
      await this.#tried(() => this.#inTurn(() => this.#silence.tick()));
  }

  /** While the check itself fails, the driver counts as alive. */
  async #lives(): Promise<boolean> {
    try {
      return await this.#site.isAlive();
    } catch (error) {
      this.#deps.onFailure(this, error);
      return true;
    }
  }

  /** False if `step` answered false or threw. An error that `step` threw is reported to `onFailure`. */
  async #tried(step: () => Promise<unknown>): Promise<boolean> {
    try {
      return (await step()) !== false;
    } catch (error) {
      this.#deps.onFailure(this, error);
      return false;
    }
  }

  /** Handles one connection from its opening to its end. False if the connection could not be opened. */
  async #connection(): Promise<boolean> {
    const stream = await this.#site.connect().catch(() => undefined);
    if (!stream) return false;
    const hello = { token: this.#row.token, from: this.#ackedSeq };
    const channel = openChannel(stream, hello, (line) => this.#passOver(line));
    if (this.#detach.signal.aborted) {
      channel.close();
      return true;
    }
    this.#channel = channel;
    try {
      for await (const message of channel.messages) await this.#inTurn(() => this.#receive(message));
    } finally {
      this.#channel = undefined;
      this.#welcome = undefined;
      channel.close();
    }
    return true;
  }

  async #receive(message: DriverMessage): Promise<void> {
    if (this.#detach.signal.aborted) return;
    this.#silence.heard();
    if (isJournaled(message)) await this.#deliver(message);
    else if (message.type === "welcome") this.#welcome = message;
    else if (message.type === "progress") await this.#deps.listener.progress(this, message);
    else if (message.type === "pong") await this.#silence.answered(message);
    else this.#questions.answered(message.id, message);
    await this.#announceWhenReplayed();
  }

  /**
   * Calls the listener's `connected` once per connection, after the last event that was journaled before the
   * connection has been delivered.
   */
  async #announceWhenReplayed(): Promise<void> {
    const welcome = this.#welcome;
    if (!welcome || this.#ackedSeq < welcome.seq) return;
    this.#welcome = undefined;
    await this.#deps.listener.connected(this, welcome);
  }

  async #deliver(event: JournaledMessage): Promise<void> {
    if (event.seq <= this.#ackedSeq) return;
    if (event.type === "unknown") this.#passOver(event.line);
    else await this.#deps.listener.event(this, event);
    if (event.type === "ended") this.#endReason = event.reason;
    await this.#deps.store.acked(this.id, event.seq);
    this.#ackedSeq = event.seq;
    this.#channel?.send({ type: "ack", seq: event.seq });
  }

  #passOver(line: string): void {
    this.#deps.onFailure(this, new Error(`This version cannot read a line of the driver: ${line.slice(0, 500)}`));
  }

  async #bury(): Promise<void> {
    await this.#site.kill();
    for (const event of await this.#site.journal(this.#ackedSeq)) await this.#deliver(event);
    const why = this.#endReason ?? (await this.#deathReason());
    await this.#deps.listener.lost(this, why);
    await this.#tried(() => this.#site.clear({ everything: this.#leavesNothing }));
    await this.#deps.store.ended(this.id);
    this.#lostFor = why;
  }

  /** The reason for a supervisor that ended without journaling `ended`. */
  async #deathReason(): Promise<string> {
    const tail = await this.logs.tail("driver.log");
    return `The session's supervisor process ended unexpectedly${tail ? `. Last lines of its log: ${tail}` : ""}`;
  }
}
