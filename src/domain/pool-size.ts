/** How many members a pool should have of each kind: what was asked for lately, between bounds. An instant is a number of milliseconds on a clock that is never set. */

export interface PoolBounds {
  /** Members of the default kind that are kept, whether anybody asks for them or not. */
  readonly min: number;
  /** Members of all kinds together; 0 is no pool. */
  readonly max: number;
}

export interface Demand {
  readonly isDefault: boolean;
  /** Known beforehand: one is kept where there is room, and the first start counts. */
  readonly isReadyMade: boolean;
  /** When sessions of this kind were started, in order. */
  readonly askedAt: readonly number[];
}

/** Starts that are further apart than this find a refilled pool. */
const togetherMs = 15_000;
/** Demand that is older does not count, so that a pool shrinks when it is quiet. */
export const demandLastsMs = 15 * 60_000;
/** A kind other than the default gets members from this number of starts on. */
const usualFrom = 2;

/** The wanted number of members for each of `kinds`, in their order. The default kind's minimum goes first, then the kinds that were asked for most, then one of each ready-made kind. */
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

/** Whether this kind is asked for often enough to have members of its own. */
export function isUsual({ isDefault, isReadyMade, askedAt }: Demand, now: number): boolean {
  return isDefault || isReadyMade || recentOf(askedAt, now).length >= usualFrom;
}

/** The largest number of starts that came together. */
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
