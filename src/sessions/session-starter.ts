import { calculationEnd, judgeLoss, type DriverFate, type LossAnswer } from "../domain/driver-loss.ts";
import { driverLogs } from "../domain/session-logs.ts";
import { shapeOf } from "../domain/launch-shape.ts";
import { isClaimPending } from "../domain/pending-claim.ts";
import { confOf } from "../domain/spark-conf.ts";
import { settlesWithin } from "../lib/settles-within.ts";
import type { Driver } from "../drivers/types.ts";
import type { Session } from "../domain/entities.ts";
import type { DriverOrigin } from "../store/types.ts";
import type { TakenMember } from "../pool/types.ts";
import { claimRequest } from "./claim-request.ts";
import { StartQueue } from "./start-queue.ts";
import type { StartingDeps } from "./types.ts";

const shutdownGraceMs = 2_000;
const closeWithinMs = 10_000;
const noteworthyMs = 1_000;

/**
 * A member answers its claim within some 10 ms, or within a second if it makes a fresh Spark context. A
 * member that exceeds these limits hangs. A cold start then serves the session sooner than waiting longer for
 * the member would.
 */
const defaultClaimLimits = { claimMs: 5_000, freshContextMs: 20_000 };

type Failing = Extract<LossAnswer, { do: "fail" }>;

/**
 * Gives sessions their drivers and takes them away. Both run in the background, and every outcome is stored
 * as a state with a reason. If the server dies in between, the session is left CREATING or TERMINATING
 * without a driver, and the reconciler of the next server calls `start` or `end` again. A pool member that
 * dies before it serves its session, or does not answer its claim in time, is replaced by a cold start.
 * Clients see nothing of this: the session stays CREATING.
 */
export class SessionStarter {
  readonly #deps: StartingDeps;
  readonly #queue: StartQueue;
  readonly #tasks = new Map<string, Promise<void>>();
  /**
   * One controller for each session whose start is under way. Aborting it makes a session that waits for its
   * turn to boot stop waiting.
   */
  readonly #leaves = new Map<string, AbortController>();
  readonly #closed = new AbortController();

  constructor(deps: StartingDeps) {
    this.#deps = deps;
    this.#queue = new StartQueue({
      maxStartingSessions: Infinity,
      memory: undefined,
      giveWay: (missingMb) => deps.pool.giveWay(missingMb),
      ...deps.starts,
    });
  }

  /**
   * Starts a driver for a session in CREATING. The session becomes IDLE when the driver reports `ready` (see
   * driver-events.ts), or FAILED here. Has no effect if a start is under way already: the reconciler may find
   * a session between the moment it was stored and this call. `why` is the reason why the session gets no
   * pool member.
   */
  start(session: Session, why: string): void {
    if (!this.isBusyWith(session.id)) this.#track(session.id, this.#start(session, why));
  }

  /**
   * For a session in CREATING that the store has given a pool member. The session becomes IDLE when the
   * member reports `claimed`.
   */
  claim(session: Session, { driver, contextConf, why }: TakenMember): void {
    driver.claim({ ...claimRequest(session), contextConf });
    this.#track(session.id, this.#awaitClaimed(session, driver, why));
  }

  /** For a session in CREATING whose driver was started by an earlier server. */
  adopt(session: Session, driver: Driver): void {
    this.#track(session.id, this.#adopt(session, driver));
  }

  /**
   * For a session in TERMINATING: ends its driver, and the end of the driver makes the session TERMINATED. A
   * session without a driver becomes TERMINATED at once.
   */
  end(session: Session): void {
    this.#leaves.get(session.id)?.abort();
    this.#track(session.id, this.#end(session, this.settled(session.id)));
  }

  isBusyWith(sessionId: string): boolean {
    return this.#tasks.has(sessionId);
  }

  /** Resolves when no start or end of the session is under way any more. */
  async settled(sessionId: string): Promise<void> {
    await this.#tasks.get(sessionId);
  }

  /** Makes the session FAILED and ends its driver. */
  async fail(sessionId: string, answer: Failing): Promise<void> {
    const { store, hub, now, drivers, log } = this.#deps;
    const { reason } = answer;
    const failed = await store.sessions.transition(sessionId, "FAILED", { at: now(), reason });
    if (failed) {
      log.warn({ sessionId, reason }, "session failed");
      hub.notify(sessionId);
    }
    using _ending = this.#queue.ending();
    await drivers.ofSession(sessionId).driver?.end(0);
    if (failed) await this.#endRemaining(failed.id, answer);
  }

  /**
   * Waits at most 10 s for starts and ends that are under way. A start that waits for its driver to become
   * ready is abandoned; the next server adopts the driver. A task that hangs is left to the next server too.
   */
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
    // The controller exists before the first await, because the session may be terminated at any time.
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
      const why = error instanceof Error ? error.message : String(error);
      // The session may have left CREATING. The compare-and-set in `fail` finds out.
      const answer = judgeLoss({ session: "CREATING", isClaimPending: false, driver: { is: "unstarted", why } });
      if (answer.do === "fail") await this.fail(session.id, answer);
      return;
    }
    if (driver) await this.#awaitReady(session, driver);
  }

  async #adopt(session: Session, driver: Driver): Promise<void> {
    let answer: LossAnswer;
    {
      using _turn = this.#queue.joined();
      using _stepBack = isClaimPending(driver, session) ? undefined : this.#deps.pool.stepBack();
      answer = await this.#awaitReady(session, driver);
    }
    await this.#replaceIfLost(session, answer);
  }

  /**
   * Gives the session a new driver if the answer says so. To be called outside of any turn of the lost
   * driver, because the new driver waits for a turn of its own.
   */
  async #replaceIfLost(session: Session, answer: LossAnswer): Promise<void> {
    if (answer.do === "replace") await this.#start(session, answer.why);
  }

  async #tellOrigin(session: Session, origin: DriverOrigin): Promise<void> {
    this.#deps.log.info({ sessionId: session.id, ...origin }, "session starts");
    await this.#deps.store.sessions.setOrigin(session.id, origin);
  }

  /**
   * Waits for the session's turn to boot, then launches the driver. The turn ends when `turn` is disposed of.
   * Undefined if the session leaves the queue or the server closes before the turn comes.
   */
  async #launch(session: Session, turn: DisposableStack, leaves: AbortSignal): Promise<Driver | undefined> {
    const { findEngine, drivers, bucketFolders } = this.#deps;
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
      extraJars: jars.map((uri) => bucketFolders.pathOf(uri)),
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

  /**
   * Waits until the session has left CREATING, its driver is lost, or the deadline for booting or for the
   * claim is over. Carries out what the loss of the driver means, except that the caller starts the
   * replacement. Ends the driver if the session is terminated meanwhile.
   */
  async #awaitReady(session: Session, driver: Driver): Promise<LossAnswer> {
    const { hub, ticks, startDeadlineMs } = this.#deps;
    const isClaim = isClaimPending(driver, session);
    using watch = hub.watch(session.id);
    const withinMs = isClaim ? this.#claimLimitMs(session) : startDeadlineMs;
    const deadline = ticks() + withinMs;
    let lostFor = undefined as string | null | undefined;
    const finished = driver.finished.then((why) => {
      lostFor = why;
    });
    for (;;) {
      // `lostFor` is read before the session is. When `lostFor` is set, the state that follows from the
      // driver's end has been stored already.
      const fate: DriverFate =
        typeof lostFor === "string"
          ? { is: "gone", why: lostFor }
          : ticks() >= deadline
            ? { is: "late", withinMs, lastLines: await lastLines(driver) }
            : { is: "alive" };
      const state = await this.#stateOf(session.id);
      if (state === "TERMINATING") await driver.end(shutdownGraceMs);
      // `lostFor` is null when the fleet has detached from the driver, which lives on and may still serve its
      // session.
      if (state !== "CREATING" || lostFor === null || this.#closed.signal.aborted) return { do: "ignore" };
      const answer = judgeLoss({ session: state, isClaimPending: isClaim, driver: fate });
      if (answer.do === "fail") await this.fail(session.id, answer);
      if (answer.do === "replace" && fate.is === "late") return await this.#giveUp(session, driver, answer);
      if (answer.do !== "ignore") return answer;
      await Promise.race([watch.next(deadline - ticks(), this.#closed.signal), finished]);
    }
  }

  #claimLimitMs({ sparkConf }: Session): number {
    const { claimMs, freshContextMs } = this.#deps.claimLimits ?? defaultClaimLimits;
    return Object.keys(confOf("contextStatic", sparkConf)).length > 0 ? freshContextMs : claimMs;
  }

  /**
   * Takes the member from its session before ending it, so that neither a late `claimed` nor the member's end
   * counts for the session.
   */
  async #giveUp(session: Session, driver: Driver, answer: LossAnswer): Promise<LossAnswer> {
    const { drivers, log } = this.#deps;
    log.warn({ sessionId: session.id, driverId: driver.id }, "a pool member does not answer its claim, and is ended");
    try {
      await drivers.takeBack(driver.id);
    } finally {
      using _ending = this.#queue.ending();
      await driver.end(0).catch((error: unknown) => {
        log.error({ driverId: driver.id, err: error }, "a pool member could not be ended");
      });
    }
    const state = await this.#stateOf(session.id);
    const without = judgeLoss({ session: state, isClaimPending: false, driver: { is: "unknown" } });
    // The judgement is `fail` if the member answered in the very moment in which it was taken back: the
    // session has then become IDLE without a driver.
    if (without.do === "fail") await this.fail(session.id, without);
    return without.do === "replace" ? answer : without;
  }

  async #end(session: Session, starting: Promise<void>): Promise<void> {
    const { drivers, store, hub, now, log } = this.#deps;
    hub.notify(session.id);
    using _ending = this.#queue.ending();
    await starting;
    const found = drivers.ofSession(session.id);
    const answer = judgeLoss({ session: session.state, isClaimPending: false, driver: found });
    if (answer.do === "ignore") {
      log.warn(
        { sessionId: session.id },
        "the session's driver is in a place that this server does not reach, and goes on",
      );
      return;
    }
    await found.driver?.end(shutdownGraceMs);
    await this.#endRemaining(session.id, answer);
    // If the driver's end was reported through `lost`, the session is TERMINATED already and this changes
    // nothing.
    if (await store.sessions.transition(session.id, "TERMINATED", { at: now() })) hub.notify(session.id);
  }

  /**
   * Ends the session's calculation if it is still open. Usually the end of the driver has ended it. This call
   * is needed when the driver is not known any more, for example because the database was restored from a
   * backup.
   */
  async #endRemaining(sessionId: string, answer: LossAnswer): Promise<void> {
    const { store, hub, now } = this.#deps;
    const current = await store.calculations.current(sessionId);
    const end = current && calculationEnd(answer, current.state);
    if (!end) return;
    const at = now();
    const dpuMs = Math.max(1, at - current.submittedAt);
    await store.calculations.finish(current.id, { ...end, at, dpuMs });
    hub.notify(current.id);
  }

  async #stateOf(sessionId: string): Promise<Session["state"] | null> {
    return (await this.#deps.store.sessions.findCondition(sessionId))?.state ?? null;
  }
}

/**
 * The last lines of Spark's log. If Spark has written nothing, those of driver.log, the log of what started
 * Spark.
 */
async function lastLines({ logs }: Driver): Promise<string> {
  for (const name of driverLogs) {
    const tail = await logs.tail(name);
    if (tail !== "") return tail;
  }
  return "(empty)";
}
