import { retryAfterMs } from "../domain/pool-step.ts";

/** Boots that failed, by kind: each failure in a row makes the next boot wait longer, so that what cannot boot costs next to nothing. */
export class Failures {
  readonly #byKind = new Map<string, { count: number; retryAt: number; why: string }>();

  /** Answers when the next boot may be tried. */
  add(kind: string, why: string, now: number): number {
    const count = (this.#byKind.get(kind)?.count ?? 0) + 1;
    const retryAt = now + retryAfterMs(count);
    this.#byKind.set(kind, { count, retryAt, why });
    return retryAt;
  }

  /** A member of this kind serves a session: whatever was wrong is over. */
  clear(kind: string): void {
    this.#byKind.delete(kind);
  }

  /** Kinds that are no more need not be remembered. */
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
