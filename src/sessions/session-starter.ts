import { join } from "node:path";
import { shapeOf } from "../domain/launch-shape.ts";
import { calculationCanceledBySessionEnd, reason } from "../domain/reasons.ts";
import { confOf } from "../domain/spark-conf.ts";
import { settlesWithin } from "../lib/settles-within.ts";
import { fileTail } from "../lib/file-tail.ts";
import type { Driver } from "../drivers/types.ts";
import type { Session } from "../domain/entities.ts";
import type { DriverOrigin } from "../store/types.ts";
import type { Taken } from "../pool/types.ts";
import { claimRequest } from "./claim-request.ts";
import { StartQueue } from "./start-queue.ts";
import type { StartingDeps } from "./types.ts";

const shutdownGraceMs = 2_000;
const closeWithinMs = 10_000;
const noteworthyMs = 1_000;

/**
 * A claim is answered within some 10 ms, with a fresh Spark context within a second. One that takes this long hangs, and a driver of the session's own is there
 * sooner than any later answer.
 */
const defaultClaimLimits = { claimMs: 5_000, freshContextMs: 20_000 };

/** How waiting for a driver ended: a pool member that `died` or `did not answer` is replaced. */
type Outcome = "settled" | "died" | "did not answer";

/**
 * Gives sessions their drivers and takes them away. Both run in the background: every outcome lands in the store as a state with a reason. A session whose server
 * dies in between is CREATING or TERMINATING without a driver, which the reconciler hands to `start` or `end` again. A pool member that dies before it serves its
 * session, or does not answer its claim in time, is replaced by a driver of the session's own, which nobody sees but as CREATING.
 */
export class SessionStarter {
  readonly #deps: StartingDeps;
  readonly #queue: StartQueue;
  readonly #tasks = new Map<string, Promise<void>>();
  /** For sessions whose start is under way: those that wait for their turn do so no more. */
  readonly #leaves = new Map<string, AbortController>();
  readonly #closed = new AbortController();

  constructor(deps: StartingDeps) {
    this.#deps = deps;
    this.#queue = new StartQueue({
      limit: Infinity,
      memory: undefined,
      giveWay: (missingMb) => deps.pool.giveWay(missingMb),
      ...deps.starts,
    });
  }

  /**
   * For a session in CREATING. It becomes IDLE when its driver says `ready` (see driver-events.ts), or FAILED here. Without effect where that is under way: the
   * reconciler may see a session that was just stored before the call that stored it comes here. `why` says why it is no pool member.
   */
  start(session: Session, why: string): void {
    if (!this.isBusyWith(session.id)) this.#track(session.id, this.#start(session, why));
  }

  /** For a session in CREATING that the store has given a pool member. It becomes IDLE when that says `claimed`. */
  claim(session: Session, { driver, contextConf, why }: Taken): void {
    driver.claim({ ...claimRequest(session), contextConf });
    this.#track(session.id, this.#awaitClaimed(session, driver, why));
  }

  /** For a session in CREATING whose driver was started by an earlier server. */
  adopt(session: Session, driver: Driver): void {
    this.#track(session.id, this.#adopt(session, driver));
  }

  /** For a session in TERMINATING: ends its driver, which makes it TERMINATED; one without a driver is TERMINATED at once. */
  end(session: Session): void {
    this.#leaves.get(session.id)?.abort();
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
    using _ending = this.#queue.ending();
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

  async #awaitClaimed(session: Session, driver: Driver, why: string | null): Promise<void> {
    await this.#tellOrigin(session, { from: "pool", why });
    await this.#replaceIfLost(session, await this.#awaitReady(session, driver));
  }

  async #start(session: Session, why: string): Promise<void> {
    // From the first moment, as the session may be terminated at any.
    const leaves = new AbortController();
    this.#leaves.set(session.id, leaves);
    using turn = new DisposableStack();
    turn.defer(() => this.#leaves.delete(session.id));
    using _stepBack = this.#deps.pool.stepBack();
    await this.#tellOrigin(session, { from: "cold", why });
    let driver: Driver | undefined;
    try {
      driver = await this.#launch(session, turn, leaves.signal);
    } catch (error) {
      await this.fail(
        session.id,
        `The session could not be started: ${error instanceof Error ? error.message : String(error)}`,
      );
      return;
    }
    if (driver) await this.#awaitReady(session, driver);
  }

  async #adopt(session: Session, driver: Driver): Promise<void> {
    let outcome: Outcome;
    {
      using _turn = this.#queue.joined();
      using _stepBack = driver.isFromPool ? undefined : this.#deps.pool.stepBack();
      outcome = await this.#awaitReady(session, driver);
    }
    await this.#replaceIfLost(session, outcome);
  }

  /** Outside of the turn that the lost one may have had: the new one waits for its own. */
  async #replaceIfLost(session: Session, outcome: Outcome): Promise<void> {
    if (outcome !== "settled") await this.#start(session, `the pool member that was given to it ${outcome}`);
  }

  async #tellOrigin(session: Session, origin: DriverOrigin): Promise<void> {
    this.#deps.log.info({ sessionId: session.id, ...origin }, "session starts");
    await this.#deps.store.sessions.setOrigin(session.id, origin);
  }

  /** Waits for the session's turn, which ends with `turn`. Undefined if the session leaves before it comes, or the server ends. */
  async #launch(session: Session, turn: DisposableStack, leaves: AbortSignal): Promise<Driver | undefined> {
    const { findEngine, drivers, lake } = this.#deps;
    const engine = await findEngine(session.engineId);
    if (!engine)
      throw new Error(
        `${session.engineVersion} is not installed on this server. Install it with: glaux engines install ${session.engineId}`,
      );
    if (!turn.use(await this.#turn(session.id, leaves))) return undefined;
    const { conf, jars } = shapeOf(session);
    return drivers.launch({
      sessionId: session.id,
      engine,
      conf: { ...confOf("runtime", session.sparkConf), ...conf },
      extraJars: jars.map((uri) => lake.pathOf(uri)),
    });
  }

  async #turn(sessionId: string, leaves: AbortSignal): Promise<Disposable | undefined> {
    const { ticks } = this.#deps;
    const since = ticks();
    const turn = await this.#queue.turn(AbortSignal.any([leaves, this.#closed.signal]));
    const waitedMs = Math.round(ticks() - since);
    if (waitedMs >= noteworthyMs) this.#deps.log.info({ sessionId, waitedMs }, "a session waited for its turn to boot");
    return turn;
  }

  /** The deadline for booting, or for being claimed. A session that was terminated meanwhile ends its driver itself. */
  async #awaitReady(session: Session, driver: Driver): Promise<Outcome> {
    const { store, hub, ticks, startDeadlineMs } = this.#deps;
    using watch = hub.watch(session.id);
    const deadline = ticks() + (driver.isFromPool ? this.#claimLimitMs(session) : startDeadlineMs);
    let isGone = false as boolean;
    const gone = driver.finished.then(() => {
      isGone = true;
    });
    for (;;) {
      const state = (await store.sessions.findCondition(session.id))?.state;
      if (state === "TERMINATING") await driver.end(shutdownGraceMs);
      if (state !== "CREATING" || this.#closed.signal.aborted) return "settled";
      // What the end of its own driver means to the session has been stored by then; one that was let go may still serve it.
      if (isGone) return driver.isFromPool ? "died" : "settled";
      if (ticks() >= deadline) break;
      await Promise.race([watch.next(deadline - ticks(), this.#closed.signal), gone]);
    }
    if (driver.isFromPool) return await this.#giveUp(session, driver);
    await this.fail(
      session.id,
      `The session was not ready within ${String(startDeadlineMs / 1000)} s. Last lines of its log: ${await lastLines(driver)}`,
    );
    return "settled";
  }

  #claimLimitMs({ sparkConf }: Session): number {
    const { claimMs, freshContextMs } = this.#deps.claimLimits ?? defaultClaimLimits;
    return Object.keys(confOf("contextStatic", sparkConf)).length > 0 ? freshContextMs : claimMs;
  }

  /** The member is the session's no more before it is ended, so that neither a late answer nor its end counts for the session. */
  async #giveUp(session: Session, driver: Driver): Promise<Outcome> {
    const { store, drivers, log } = this.#deps;
    log.warn({ sessionId: session.id, driverId: driver.id }, "a pool member does not answer its claim, and is ended");
    try {
      await drivers.takeBack(driver.id);
    } finally {
      using _ending = this.#queue.ending();
      await driver.end(0).catch((error: unknown) => {
        log.error({ driverId: driver.id, err: error }, "a pool member could not be ended");
      });
    }
    const isStarting = (await store.sessions.findCondition(session.id))?.state === "CREATING";
    return isStarting ? "did not answer" : "settled";
  }

  async #end(session: Session, starting: Promise<void>): Promise<void> {
    const { drivers, store, hub, now } = this.#deps;
    hub.notify(session.id);
    using _ending = this.#queue.ending();
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
