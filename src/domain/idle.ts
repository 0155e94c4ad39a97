/** The facts that tell how long a session has been idle. */
export interface Idle {
  /** Epoch milliseconds; null while the session is not idle. */
  idleSinceAt: number | null;
  idleTimeoutS: number;
}

/**
 * How long the session may still be idle, in milliseconds; undefined while it is not idle. `now` is the
 * machine's clock, which may have been set back since: an instant in its future counts as now.
 */
export function idleLeft({ idleSinceAt, idleTimeoutS }: Idle, now: number): number | undefined {
  return idleSinceAt === null ? undefined : idleTimeoutS * 1000 - Math.max(0, now - idleSinceAt);
}
