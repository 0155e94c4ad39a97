import { join } from "node:path";
import { calculationCanceledBySessionEnd, reason } from "../domain/reasons.ts";
import { settlesWithin } from "../lib/settles-within.ts";
import { fileTail } from "../lib/file-tail.ts";
import type { Driver } from "../drivers/types.ts";
import type { Session } from "../domain/entities.ts";
import type { StartingDeps } from "./types.ts";

const shutdownGraceMs = 2_000;
const closeWithinMs = 10_000;

/**
 * Gives sessions their drivers and takes them away. Both run in the background after the client was answered: every outcome lands in the store as a state with
 * a reason. A session whose server dies in between is CREATING or TERMINATING without a driver, which the reconciler hands to `start` or `end` again.
 */
export class SessionStarter {
  readonly #deps: StartingDeps;
  readonly #tasks = new Map<string, Promise<void>>();
  readonly #closed = new AbortController();

  constructor(deps: StartingDeps) {
    this.#deps = deps;
  }

  /**
   * For a session in CREATING. It becomes IDLE when its driver says `ready` (see driver-events.ts), or FAILED here. Without effect where that is under way: the
   * reconciler may see a session that was just stored before the call that stored it comes here.
   */
  start(session: Session): void {
    if (!this.isBusyWith(session.id)) this.#track(session.id, this.#start(session));
  }

  /** For a session in CREATING whose driver was started by an earlier server. */
  adopt(session: Session, driver: Driver): void {
    this.#track(session.id, this.#awaitReady(session, driver));
  }

  /** For a session in TERMINATING: ends its driver, which makes it TERMINATED; one without a driver is TERMINATED at once. */
  end(session: Session): void {
    this.#track(session.id, this.#end(session, this.settled(session.id)));
  }

  isBusyWith(sessionId: string): boolean {
    return this.#tasks.has(sessionId);
  }

  /** Resolves when nothing is under way for the session any more. */
  async settled(sessionId: string): Promise<void> {
    await this.#tasks.get(sessionId);
  }

  /** The session has failed, and its driver must not stay. */
  async fail(sessionId: string, why: string): Promise<void> {
    const { store, hub, now, drivers, log } = this.#deps;
    const failed = await store.sessions.transition(sessionId, "FAILED", {
      at: now(),
      reason: reason(why) ?? "Unknown",
    });
    if (failed) {
      log.warn({ sessionId, reason: why }, "session failed");
      hub.notify(sessionId);
    }
    await drivers.ofSession(sessionId)?.end(0);
    if (failed) await this.#endRemaining(failed.id, "FAILED", why);
  }

  /** Waits for what is under way, but not for ever: a start that waits for its driver is let go, and what hangs goes on at the next start. */
  async close(): Promise<void> {
    this.#closed.abort();
    await settlesWithin(Promise.allSettled(this.#tasks.values()), closeWithinMs);
  }

  #track(id: string, task: Promise<void>): void {
    const tracked = task
      .catch((error: unknown) => {
        this.#deps.log.error({ sessionId: id, err: error }, "a session's start or end failed");
      })
      .finally(() => {
        if (this.#tasks.get(id) === tracked) this.#tasks.delete(id);
      });
    this.#tasks.set(id, tracked);
  }

  async #start(session: Session): Promise<void> {
    let driver: Driver;
    try {
      driver = await this.#launch(session);
    } catch (error) {
      await this.fail(
        session.id,
        `The session could not be started: ${error instanceof Error ? error.message : String(error)}`,
      );
      return;
    }
    await this.#awaitReady(session, driver);
  }

  async #launch(session: Session): Promise<Driver> {
    const { findEngine, drivers, lake } = this.#deps;
    const engine = await findEngine(session.engineId);
    if (!engine)
      throw new Error(
        `${session.engineVersion} is not installed on this server. Install it with: glaux engines install ${session.engineId}`,
      );
    const { "spark.jars": jars, ...conf } = session.sparkConf;
    const extraJars = (jars ?? "")
      .split(",")
      .map((uri) => uri.trim())
      .filter((uri) => uri !== "");
    return drivers.launch({ sessionId: session.id, engine, conf, extraJars: extraJars.map((uri) => lake.pathOf(uri)) });
  }

  /** The deadline for booting. A session that was terminated meanwhile ends its driver itself. */
  async #awaitReady(session: Session, driver: Driver): Promise<void> {
    const { store, hub, ticks, startDeadlineMs } = this.#deps;
    using watch = hub.watch(session.id);
    const deadline = ticks() + startDeadlineMs;
    for (;;) {
      const state = (await store.sessions.find(session.id))?.state;
      if (state === "TERMINATING") await driver.end(shutdownGraceMs);
      if (state !== "CREATING" || this.#closed.signal.aborted) return;
      if (ticks() >= deadline) break;
      await watch.next(deadline - ticks(), this.#closed.signal);
    }
    await this.fail(
      session.id,
      `The session was not ready within ${String(startDeadlineMs / 1000)} s. Last lines of its log: ${await lastLines(driver)}`,
    );
  }

  async #end(session: Session, starting: Promise<void>): Promise<void> {
    const { drivers, store, hub, now } = this.#deps;
    hub.notify(session.id);
    await starting;
    await drivers.ofSession(session.id)?.end(shutdownGraceMs);
    await this.#endRemaining(session.id, "CANCELED", calculationCanceledBySessionEnd);
    // A driver that was lost has done this already.
    if (await store.sessions.transition(session.id, "TERMINATED", { at: now() })) hub.notify(session.id);
  }

  /** The end of a driver ends its calculation; one whose driver is not known any more, of a database that was put back, ends here. */
  async #endRemaining(sessionId: string, state: "FAILED" | "CANCELED", why: string): Promise<void> {
    const { store, hub, now } = this.#deps;
    const current = await store.calculations.current(sessionId);
    if (!current) return;
    const at = now();
    const dpuMs = Math.max(1, at - current.submittedAt);
    await store.calculations.finish(current.id, { at, state, reason: reason(why) ?? null, dpuMs });
    hub.notify(current.id);
  }
}

/** Of Spark's log, or where Spark has written nothing, of what started it. */
async function lastLines({ folder }: Driver): Promise<string> {
  for (const log of ["spark.log", "driver.log"]) {
    const tail = await fileTail(join(folder, log));
    if (tail !== "") return tail;
  }
  return "(empty)";
}
