/**
 * How many members of each kind a pool should have. The numbers follow the recent demand, within bounds.
 * Instants are milliseconds on a clock that is never set.
 */

export interface PoolBounds {
  /** The number of members of the default kind that are kept without any demand. */
  readonly min: number;
  /** The maximum number of members of all kinds together. 0 turns the pool off. */
  readonly max: number;
}

export interface Demand {
  readonly isDefault: boolean;
  /**
   * The kind is known in advance. One member is kept if there is room, and already the first start counts as
   * demand.
   */
  readonly isReadyMade: boolean;
  /** When sessions of this kind were started, in ascending order. */
  readonly askedAt: readonly number[];
}

/**
 * Starts within this time count as simultaneous, so each of them needs a member of its own. Between starts
 * that are further apart, the pool is refilled.
 */
const togetherMs = 15_000;
/** Older demand does not count, so the pool shrinks when few sessions are started. */
export const demandLastsMs = 15 * 60_000;
/** A kind other than the default kind gets members after this number of recent starts. */
const usualFrom = 2;

/**
 * The wanted number of members for each of `kinds`, in the same order. Places are given first to the minimum
 * of the default kind, then to the kinds with the highest demand, then to one member of each ready-made kind.
 */
export function poolSizes(kinds: readonly Demand[], { min, max }: PoolBounds, now: number): number[] {
  const wanted = kinds.map((kind) => peak(kind, now));
  const sizes = kinds.map((kind) => (kind.isDefault ? Math.min(min, max) : 0));
  let left = max - sizes.reduce((sum, size) => sum + size, 0);
  const order = [...kinds.keys()].sort((one, other) => (wanted[other] ?? 0) - (wanted[one] ?? 0));
  for (const at of order) {
    const more = Math.min(left, Math.max(0, (wanted[at] ?? 0) - (sizes[at] ?? 0)));
    sizes[at] = (sizes[at] ?? 0) + more;
    left -= more;
  }
  for (const [at, { isReadyMade }] of kinds.entries()) {
    if (!isReadyMade || sizes[at] !== 0 || left <= 0) continue;
    sizes[at] = 1;
    left--;
  }
  return sizes;
}

/** Whether this kind gets members of its own. */
export function isUsual({ isDefault, isReadyMade, askedAt }: Demand, now: number): boolean {
  return isDefault || isReadyMade || recentOf(askedAt, now).length >= usualFrom;
}

/** The largest number of recent starts that were simultaneous. */
function peak(kind: Demand, now: number): number {
  if (!isUsual(kind, now)) return 0;
  const recent = recentOf(kind.askedAt, now);
  let largest = 0;
  for (let first = 0, last = 0; last < recent.length; last++) {
    while ((recent[last] ?? 0) - (recent[first] ?? 0) > togetherMs) first++;
    largest = Math.max(largest, last - first + 1);
  }
  return largest;
}

function recentOf(askedAt: readonly number[], now: number): number[] {
  return askedAt.filter((at) => at > now - demandLastsMs);
}
