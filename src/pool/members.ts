import type { LaunchShape } from "../domain/launch-shape.ts";
import type { Driver, DriverListener } from "../drivers/types.ts";
import { Failures } from "./failures.ts";
import type { Launcher } from "./launcher.ts";
import { Member } from "./member.ts";
import type { PoolLog } from "./types.ts";

export interface MembersDeps {
  now: () => number;
  log: PoolLog;
  /** Called when a member is connected, has become ready, or is gone. */
  changed: () => void;
}

/**
 * The drivers that serve no session: their boots, their lives and their ends. A member that dies without
 * having been ended counts as a failed boot.
 */
export class Members {
  readonly failures = new Failures();
  readonly #deps: MembersDeps;
  readonly #all = new Map<string, Member>();
  readonly #endings = new Set<Promise<void>>();
  #isClosed = false;

  constructor(deps: MembersDeps) {
    this.#deps = deps;
  }

  list(): Member[] {
    return [...this.#all.values()];
  }

  /** Whether some members are about to end, so that their memory is not free yet. */
  get areEnding(): boolean {
    return this.#endings.size > 0;
  }

  /**
   * Resolves when the first of the members that are about to end is gone. Undefined if no member is about to
   * end.
   */
  nextEnded(): Promise<void> | undefined {
    return this.areEnding ? Promise.race(this.#endings) : undefined;
  }

  /** Boots a member. Resolves when the boot has begun or has failed; never rejects. */
  async boot(shape: LaunchShape, kind: string, launcher: Pick<Launcher, "launch">): Promise<void> {
    const { now, log } = this.#deps;
    const at = now();
    try {
      const driver = await launcher.launch(shape, kind);
      this.#all.set(driver.id, new Member(driver, { kind, shape, at }));
      log.info({ driverId: driver.id, engineId: shape.engineId, conf: Object.keys(shape.conf) }, "a pool member boots");
      if (this.#isClosed) this.end(driver.id, "the server stops");
    } catch (error) {
      this.failed(kind, error instanceof Error ? error.message : String(error));
    }
  }

  /**
   * Removes the member from the pool at once, and ends its processes in the background. The logs of a member
   * that has failed are kept.
   */
  end(id: string, why: string, { hasFailed = false } = {}): void {
    const member = this.remove(id);
    if (!member) return;
    this.#deps.log.info({ driverId: id, why }, "a pool member is ended");
    this.#letEnd(member.driver, !hasFailed);
    if (hasFailed) this.failed(member.kind, why);
  }

  failed(kind: string, why: string): void {
    const now = this.#deps.now();
    const retryInMs = Math.round(this.failures.add(kind, why, now) - now);
    this.#deps.log.warn({ why, retryInMs }, "a pool member failed");
  }

  remove(id: string): Member | undefined {
    const member = this.#all.get(id);
    this.#all.delete(id);
    return member;
  }

  /**
   * Receives what drivers without a session report. A driver that is not in the list was left by an earlier
   * server. It is ended, because nobody knows what state it is in.
   */
  readonly listener: DriverListener = {
    connected: (driver, welcome) => {
      const member = this.#all.get(driver.id);
      if (member) {
        member.connected(welcome);
        this.#deps.changed();
      } else this.#letEnd(driver, true);
      return Promise.resolve();
    },
    event: (driver, event) => {
      const member = this.#all.get(driver.id);
      if (member && event.type === "ready") {
        member.state = "ready";
        this.#deps.log.info({ driverId: driver.id, bootMs: event.bootMs }, "a pool member is ready");
        this.#deps.changed();
      }
      if (event.type === "degraded" || event.type === "runner_lost") this.#isUnwell(driver, event.reason);
      return Promise.resolve();
    },
    progress: () => Promise.resolve(),
    silent: (driver, isSilent) => {
      if (isSilent) this.#isUnwell(driver, "its supervisor process does not answer");
      return Promise.resolve();
    },
    lost: (driver, why) => {
      const member = this.remove(driver.id);
      if (member) this.failed(member.kind, why);
      this.#deps.changed();
      return Promise.resolve();
    },
  };

  /** Ends all members, including those that have just begun to boot. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const id of this.#all.keys()) this.end(id, "the server stops");
    while (this.#endings.size > 0) await Promise.all(this.#endings);
  }

  /** Ends a member that is not healthy, so that no session gets it. */
  #isUnwell(driver: Driver, why: string): void {
    this.end(driver.id, why, { hasFailed: true });
  }

  #letEnd(driver: Driver, leaveNothing: boolean): void {
    // The listener's calls do not await this, because `end` waits for the driver's last event, and that event
    // waits for the listener's call.
    const ending = driver
      .end(0, { leaveNothing })
      .catch((error: unknown) => {
        this.#deps.log.error({ driverId: driver.id, err: error }, "a pool member could not be ended");
      })
      .finally(() => {
        this.#endings.delete(ending);
        this.#deps.changed();
      });
    this.#endings.add(ending);
  }
}
