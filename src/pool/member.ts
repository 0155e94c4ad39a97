import type { LaunchShape } from "../domain/launch-shape.ts";
import type { MemberView } from "../domain/pool-step.ts";
import type { Welcome } from "../drivers/messages.ts";
import type { Driver } from "../drivers/types.ts";

/**
 * Milliseconds that a boot may be paused in all for the work of users. The limit is there so that a busy
 * server gets its pool too.
 */
export const maxPauseMs = 30_000;

/** A driver that serves no session. Times are milliseconds of the pool's clock. */
export class Member {
  readonly driver: Driver;
  /** The member's fingerprint. */
  readonly kind: string;
  readonly shape: LaunchShape;
  state: "booting" | "ready" = "booting";
  /**
   * Whether the member lowers its own priority. The value is a guess until the member's first connection
   * tells it.
   */
  canRaisePriority = true;
  readonly #bootedAt: number;
  #pausedMs = 0;
  #pausedAt: number | undefined;

  constructor(driver: Driver, { kind, shape, at }: { kind: string; shape: LaunchShape; at: number }) {
    this.driver = driver;
    this.kind = kind;
    this.shape = shape;
    this.#bootedAt = at;
  }

  view(now: number): MemberView {
    const stoodStillMs = this.state === "booting" ? this.#stoodStillMs(now) : 0;
    return { id: this.driver.id, kind: this.kind, state: this.state, since: this.#bootedAt + stoodStillMs };
  }

  get isPaused(): boolean {
    return this.#pausedAt !== undefined;
  }

  /**
   * Pauses the member (`shall`) or resumes it. A member that is ready, or has been paused for 30 s in all, is
   * not paused. True if the member was paused or resumed by this call.
   */
  standStill(shall: boolean, now: number): boolean {
    const may = this.state === "booting" && this.#stoodStillMs(now) < maxPauseMs;
    if (shall && may && this.#pausedAt === undefined) {
      this.#pausedAt = now;
      this.driver.pause();
      return true;
    }
    if (!(shall && may) && this.#pausedAt !== undefined) {
      this.#pausedMs = this.#stoodStillMs(now);
      this.#pausedAt = undefined;
      this.driver.resume();
      return true;
    }
    return false;
  }

  /** The time until which the member may stay paused; undefined if it is not paused. */
  get pauseEndsAt(): number | undefined {
    return this.#pausedAt === undefined ? undefined : this.#pausedAt + maxPauseMs - this.#pausedMs;
  }

  connected(welcome: Pick<Welcome, "canRaisePriority">): void {
    this.canRaisePriority = welcome.canRaisePriority;
    // `pause` or `resume` may have been dropped before for lack of a connection, so it is sent again.
    if (this.isPaused) this.driver.pause();
    else this.driver.resume();
  }

  #stoodStillMs(now: number): number {
    return this.#pausedMs + (this.#pausedAt === undefined ? 0 : now - this.#pausedAt);
  }
}
