import { retryAfterMs } from "../domain/pool-step.ts";

/**
 * Failed boots, counted by kind. Each failure in a row makes the next boot of that kind wait longer, so that
 * a kind that cannot boot costs next to nothing.
 */
export class Failures {
  readonly #byKind = new Map<string, { count: number; retryAt: number; why: string }>();

  /** Answers the time at which the next boot may be tried. */
  add(kind: string, why: string, now: number): number {
    const count = (this.#byKind.get(kind)?.count ?? 0) + 1;
    const retryAt = now + retryAfterMs(count);
    this.#byKind.set(kind, { count, retryAt, why });
    return retryAt;
  }

  /**
   * To be called when a member of this kind has been given to a session: the cause of its failures is gone.
   */
  clear(kind: string): void {
    this.#byKind.delete(kind);
  }

  /** Forgets the failures of all kinds that are not in `kinds`. */
  keepOnly(kinds: ReadonlyMap<string, unknown>): void {
    for (const kind of this.#byKind.keys()) if (!kinds.has(kind)) this.#byKind.delete(kind);
  }

  retryAt(): Map<string, number> {
    return new Map([...this.#byKind].map(([kind, { retryAt }]) => [kind, retryAt]));
  }

  whyOf(kind: string): string | undefined {
    return this.#byKind.get(kind)?.why;
  }
}
