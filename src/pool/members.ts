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

/** The drivers that no session has: their boots, their lives and their ends. What dies without having been ended counts as a failed boot. */
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

  /** Whether some are on their way out: their memory is not free yet. */
  get areEnding(): boolean {
    return this.#endings.size > 0;
  }

  /** Resolves when the first of those on their way out is gone; undefined if none is. */
  nextEnded(): Promise<void> | undefined {
    return this.areEnding ? Promise.race(this.#endings) : undefined;
  }

  /** Resolves when the boot has begun. */
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

  /** At once no member any more; its processes end meanwhile. Of one that has failed, its logs stay. */
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

  /** What drivers report that no session has. One that is not known was left by an earlier server, and is ended: nobody knows what it has been through. */
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

  /** Ends all, those that have just begun to boot too. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const id of this.#all.keys()) this.end(id, "the server stops");
    while (this.#endings.size > 0) await Promise.all(this.#endings);
  }

  /** A member that is not whole is given to nobody. */
  #isUnwell(driver: Driver, why: string): void {
    this.end(driver.id, why, { hasFailed: true });
  }

  #letEnd(driver: Driver, leaveNothing: boolean): void {
    // Not awaited by the listener's calls: `end` waits for the driver's last event, which waits for them.
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
