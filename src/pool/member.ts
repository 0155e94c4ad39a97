import type { LaunchShape } from "../domain/launch-shape.ts";
import type { MemberView } from "../domain/pool-step.ts";
import type { Welcome } from "../drivers/messages.ts";
import type { Driver } from "../drivers/types.ts";

/** How long a boot may stand still in all, for the work of users: a busy server shall get its pool all the same. */
export const maxPauseMs = 30_000;

/** A driver that no session has. Instants are milliseconds of the pool's clock. */
export class Member {
  readonly driver: Driver;
  /** Its fingerprint. */
  readonly kind: string;
  readonly shape: LaunchShape;
  state: "booting" | "ready" = "booting";
  /** Whether it steps back by itself; known from its first connection on. */
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

  /** Pauses or resumes it, as far as it may still be paused. True if that changes what it does. */
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

  /** When it may stand still no longer; undefined if it does not. */
  get pauseEndsAt(): number | undefined {
    return this.#pausedAt === undefined ? undefined : this.#pausedAt + maxPauseMs - this.#pausedMs;
  }

  connected(welcome: Pick<Welcome, "canRaisePriority">): void {
    this.canRaisePriority = welcome.canRaisePriority;
    // What was sent before may have found no connection.
    if (this.isPaused) this.driver.pause();
    else this.driver.resume();
  }

  #stoodStillMs(now: number): number {
    return this.#pausedMs + (this.#pausedAt === undefined ? 0 : now - this.#pausedAt);
  }
}
