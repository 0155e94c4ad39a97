/** What is needed to tell how long a session has been idle. */
export interface Idle {
  /** Epoch milliseconds; null while it is not idle. */
  idleSinceAt: number | null;
  idleTimeoutS: number;
}

/**
 * For how long a session may still be idle, in milliseconds; undefined while it is not idle. `now` is the machine's clock, which may have been set since: an
 * instant in its future counts as now.
 */
export function idleLeft({ idleSinceAt, idleTimeoutS }: Idle, now: number): number | undefined {
  return idleSinceAt === null ? undefined : idleTimeoutS * 1000 - Math.max(0, now - idleSinceAt);
}
