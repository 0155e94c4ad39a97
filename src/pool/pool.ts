import type { EngineId } from "../domain/engine-version.ts";
import { shapeOf, withoutContextConf } from "../domain/launch-shape.ts";
import { isUsual, poolSizes, type PoolBounds } from "../domain/pool-size.ts";
import { memberVerdict, nextStep, usersFirst, type PoolView } from "../domain/pool-step.ts";
import { confOf } from "../domain/spark-conf.ts";
import type { Drivers } from "../drivers/types.ts";
import type { ChangeHub } from "../lib/change-hub.ts";
import type { Memory } from "../lib/memory.ts";
import { settlesWithin } from "../lib/settles-within.ts";
import { Kinds, type Kind } from "./kinds.ts";
import { Launcher, type LauncherDeps } from "./launcher.ts";
import { maxPauseMs } from "./member.ts";
import type { Members } from "./members.ts";
import { poolKey, type PoolReports } from "./reports.ts";
import type { Claimant, Offer, PoolLog, PoolStatus, TakenMember, WarmPool } from "./types.ts";
import type { UserWork } from "./user-work.ts";
import { missReason } from "./miss-reason.ts";

export interface PoolDeps extends Omit<LauncherDeps, "drivers"> {
  drivers: Pick<Drivers, "launch" | "give">;
  /** Where the pool's drivers report to. */
  reports: PoolReports;
  defaultEngine: EngineId;
  bounds: PoolBounds;
  bootDeadlineMs: number;
  memory: () => Memory;
  /**
   * Whether members lower their own priority. If they cannot, no member begins to boot while a calculation
   * runs, and a member that is booting is paused.
   */
  canRaisePriority: boolean;
  hub: ChangeHub;
  /** Milliseconds of a clock that never jumps. */
  now: () => number;
  log: PoolLog;
}

const maxAgeMs = 60 * 60_000;
/**
 * For this time after a claim no member begins to boot, so that the client's first work in its new session
 * need not share the cores with a boot.
 */
const afterClaimMs = 500;
/**
 * How often engines, memory and the age of demand are looked at. All other changes wake the pool by
 * themselves.
 */
const lookEveryMs = 5_000;
const endsWithinMs = 10_000;
/**
 * MiB that the end of an idle member adds to the available memory at least; 273 MB were measured. The rest of
 * a member's memory is cached pages of files, which counted as available before.
 */
const freedMb = 270;

/**
 * Drivers that are booted before anybody needs them. Each serves one session.
 *
 * What the pool promises: A member is given to at most one session; the store decides which, in the
 * transaction that inserts the session. Members boot one at a time, after the work of users. A boot that
 * fails is retried at ever longer intervals. A member that was taken is no longer the pool's concern: if it
 * dies before it serves its session, the session's starter replaces it. After a crash of the server the next
 * server ends the crashed server's members, or the members end by themselves.
 */
export class Pool implements WarmPool {
  readonly #deps: PoolDeps;
  readonly #kinds: Kinds;
  readonly #launcher: Launcher;
  readonly #members: Members;
  readonly #work: UserWork;
  #offers = 0;
  #takenAt = 0;
  #waiting = "it has just been started";
  #review: Promise<unknown> = Promise.resolve();
  /** True if the pool would boot a member but waits for the work of users to end. */
  #isYielding = false;
  #isClosed = false;

  constructor(deps: PoolDeps) {
    this.#deps = deps;
    this.#launcher = new Launcher(deps);
    this.#kinds = new Kinds(deps.defaultEngine, (id, format) => this.#launcher.hasJars(id, format));
    this.#members = deps.reports.members;
    this.#work = deps.reports.work;
    this.#work.tell(() => {
      // This is called for every calculation. The pool is woken only if a member was paused or resumed, or if
      // the pool waits for users to finish.
      if (this.#yieldToUsers() || this.#isYielding) deps.hub.notify(poolKey);
    });
  }

  stepBack(): Disposable {
    return this.#work.coldStart();
  }

  giveWay(missingMb: number): Promise<void> | undefined {
    const members = this.#members.list();
    if (members.length * freedMb < missingMb) return this.#members.nextEnded();
    const least = members.find(({ state }) => state === "booting") ?? members.at(-1);
    if (least) this.#members.end(least.driver.id, "a session needs the memory");
    return this.#members.nextEnded();
  }

  async offer(claimant: Claimant): Promise<Offer> {
    this.#offers++;
    let isOver = false;
    const dispose = () => {
      if (!isOver && --this.#offers === 0) this.#deps.hub.notify(poolKey);
      isOver = true;
    };
    try {
      return { ...(await this.#bestFor(claimant)), [Symbol.dispose]: dispose };
    } catch (error) {
      // A pool that fails counts as no pool. The session boots a driver of its own. If that boot fails for
      // the same reason, the session says so.
      this.#deps.log.error({ err: error }, "the pool could not look for a member");
      const missReason = `the pool is out of order: ${error instanceof Error ? error.message : String(error)}`;
      return { drivers: [], missReason, started: () => undefined, take: () => undefined, [Symbol.dispose]: dispose };
    }
  }

  /** Boots and ends members as needed, until `signal` fires. */
  async keepFilled(signal: AbortSignal): Promise<void> {
    const { hub, now, log } = this.#deps;
    using watch = hub.watch(poolKey);
    while (!signal.aborted) {
      let waitMs = lookEveryMs;
      try {
        waitMs = Math.min(Math.max((await this.review()) - now(), 10), lookEveryMs);
      } catch (error) {
        log.error({ err: error }, "looking after the pool failed; it is tried again");
      }
      await watch.next(waitMs, signal);
    }
  }

  /** Takes the steps that are due. Answers the time at which the next step may be due. */
  review(): Promise<number> {
    const review = this.#review.then(() => this.#stepByStep());
    this.#review = review.catch(() => undefined);
    return review;
  }

  status(): PoolStatus {
    const now = this.#deps.now();
    const members = this.#members.list().map((member) => {
      const { state, since } = member.view(now);
      const conf = [...Object.keys(member.shape.conf), ...member.shape.jars];
      return { engineId: member.shape.engineId, conf, state, isPaused: member.isPaused, ageMs: now - since };
    });
    const { bounds, canRaisePriority } = this.#deps;
    return { bounds, canRaisePriority, members, waiting: this.#waiting };
  }

  /**
   * Ends all members, including those that boot. Resolves when they have ended, or after 10 s. The next
   * server ends what is left then.
   */
  async close(): Promise<void> {
    this.#isClosed = true;
    await settlesWithin(
      this.#review.then(() => this.#members.close()),
      endsWithinMs,
    );
  }

  async #bestFor(claimant: Claimant): Promise<Omit<Offer, typeof Symbol.dispose>> {
    const wanted = shapeOf(claimant);
    const plain = withoutContextConf(wanted);
    const engine = await this.#launcher.engineNow(claimant.engineId);
    const [exactKind, plainKind] = [wanted, plain].map((one) => this.#launcher.fingerprintOf(one, engine));
    const ready = this.#isClosed ? [] : this.#members.list().filter(({ state }) => state === "ready");
    const exact = ready.filter(({ kind }) => kind === exactKind);
    const others = exactKind === plainKind ? [] : ready.filter(({ kind }) => kind === plainKind);
    return {
      drivers: [...exact, ...others].map(({ driver }) => driver.id),
      missReason: missReason(wanted, this.#members.list(), this.#waiting),
      started: () => {
        const now = this.#deps.now();
        const kind = this.#kinds.asked(wanted, now);
        // As long as this kind has no members of its own, members of the plain kind serve it, so the start
        // counts as demand for the plain kind too.
        if (exactKind !== plainKind && !isUsual(kind, now)) this.#kinds.asked(plain, now);
      },
      take: (driverId, sessionId) => {
        const isExact = exact.some(({ driver }) => driver.id === driverId);
        return this.#take(driverId, sessionId, isExact ? {} : confOf("contextStatic", claimant.sparkConf));
      },
    };
  }

  #take(driverId: string, sessionId: string, contextConf: Record<string, string>): TakenMember | undefined {
    const member = this.#members.remove(driverId);
    const driver = member && this.#deps.drivers.give(driverId, sessionId);
    if (!driver) return undefined;
    this.#members.failures.clear(member.kind);
    this.#takenAt = this.#deps.now();
    const keys = Object.keys(contextConf);
    const why = keys.length > 0 ? `it gets a fresh Spark context for ${keys.join(", ")}` : null;
    return { driver, contextConf, why };
  }

  async #stepByStep(): Promise<number> {
    const { now, bounds, bootDeadlineMs } = this.#deps;
    this.#yieldToUsers();
    for (;;) {
      const kinds = await this.#currentKinds();
      if (this.#isClosed || this.#offers > 0) return Infinity;
      const step = nextStep(this.#view(kinds), { maxAgeMs, bootDeadlineMs, max: bounds.max }, now());
      if (step.do === "wait") {
        this.#waiting = step.why;
        this.#isYielding = step.why === usersFirst;
        const pauseEndings = this.#members.list().flatMap(({ pauseEndsAt }) => pauseEndsAt ?? []);
        return Math.min(step.until ?? Infinity, ...pauseEndings);
      }
      if (step.do === "end") {
        this.#members.end(step.id, step.why, { hasFailed: step.isFailure });
        continue;
      }
      const shape = kinds.get(step.kind)?.shape;
      if (shape) await this.#members.boot(shape, step.kind, this.#launcher);
    }
  }

  /**
   * The kinds by fingerprint. The fingerprint is what a driver of the kind would have if it were started now.
   */
  async #currentKinds(): Promise<Map<string, Kind>> {
    // The answer tells `hasJars` which kinds are ready-made.
    await this.#launcher.engineLately(this.#deps.defaultEngine);
    const kinds = this.#kinds.list();
    const fingerprints = await Promise.all(
      kinds.map(async ({ shape }) => {
        const engine = await this.#launcher.engineLately(shape.engineId);
        return this.#launcher.fingerprintOf(shape, engine);
      }),
    );
    return new Map(
      kinds.flatMap((kind, n) => (fingerprints[n] === undefined ? [] : [[fingerprints[n], kind] as const])),
    );
  }

  #view(kinds: ReadonlyMap<string, Kind>): PoolView {
    const now = this.#deps.now();
    this.#members.failures.keepOnly(kinds);
    const sizes = poolSizes([...kinds.values()], this.#deps.bounds, now);
    const memory = memberVerdict(this.#deps.memory());
    return {
      members: this.#members.list().map((member) => member.view(now)),
      sizes: new Map([...kinds.keys()].map((kind, n) => [kind, sizes[n] ?? 0])),
      memory: memory === "shrink" && this.#members.areEnding ? "hold" : memory,
      retryAt: this.#members.failures.retryAt(),
      quietUntil: this.#quietUntil(),
    };
  }

  /**
   * The time until which no member begins to boot, so that users come first. A boot waits while a session
   * boots, and also while a calculation runs if members cannot lower their priority. Either wait is limited
   * to 30 s, because a pool that waits for ever is none.
   */
  #quietUntil(): number {
    const { startingSince, busySince } = this.#work;
    const since = [startingSince, this.#deps.canRaisePriority ? undefined : busySince].filter((at) => at !== undefined);
    return Math.max(this.#takenAt + afterClaimMs, ...since.map((at) => at + maxPauseMs));
  }

  /**
   * Pauses booting members that are in the way of users, and resumes the others. True if a member was paused
   * or resumed.
   */
  #yieldToUsers(): boolean {
    const { startingSince, busySince } = this.#work;
    const changes = this.#members.list().map((member) => {
      const isInTheWay = startingSince !== undefined || (busySince !== undefined && !member.canRaisePriority);
      return member.standStill(isInTheWay, this.#deps.now());
    });
    return changes.includes(true);
  }
}
