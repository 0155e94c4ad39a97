/**
 * Decides from the state of a pool what the pool does next. Pure functions. Instants are milliseconds on a
 * clock that is never set, so only their differences have a meaning.
 */

export interface MemberView {
  id: string;
  /** The fingerprint of the member. */
  kind: string;
  state: "booting" | "ready";
  /**
   * When the member's boot began. For a member that is booting, the time in which its boot was paused is left
   * out.
   */
  since: number;
}

export interface PoolView {
  members: readonly MemberView[];
  /**
   * The wanted number of members of each kind, in the order in which the kinds are to be filled. Members of
   * kinds that are missing here are out of date, and are ended.
   */
  sizes: ReadonlyMap<string, number>;
  memory: MemoryVerdict;
  /** The kinds whose last boots failed, and when each may be tried again. */
  retryAt: ReadonlyMap<string, number>;
  /** Until this instant, no boot begins, because the work of users comes first. */
  quietUntil: number;
}

export type PoolStep =
  | { do: "boot"; kind: string }
  | { do: "end"; id: string; why: string; isFailure: boolean }
  /** Wait until something changes, at the latest until `until`. */
  | { do: "wait"; why: string; until: number | undefined };

export interface StepRules {
  /** A ready member that is older than this is replaced. */
  maxAgeMs: number;
  bootDeadlineMs: number;
  /** The maximum number of members of all kinds together. */
  max: number;
}

export const usersFirst = "the work of users comes first";

export function nextStep(view: PoolView, rules: StepRules, now: number): PoolStep {
  return ending(view, rules, now) ?? booting(view, rules, now);
}

function ending({ members, sizes, memory }: PoolView, rules: StepRules, now: number): PoolStep | undefined {
  const end = (id: string, why: string, isFailure = false) => ({ do: "end", id, why, isFailure }) as const;
  const unfit = members.find(({ kind }) => !sizes.has(kind));
  if (unfit) return end(unfit.id, "its engine, or what it was started with, has changed");
  const late = members.find(({ state, since }) => state === "booting" && now - since >= rules.bootDeadlineMs);
  if (late) return end(late.id, `it was not ready within ${String(rules.bootDeadlineMs / 1000)} s`, true);
  const oldestFirst = [...members].sort((one, other) => one.since - other.since);
  // Ready members are ended in the reverse order of filling, so that the default kind's members are the last
  // to go.
  const lastKind = [...sizes.keys()].findLast((kind) => members.some((member) => member.kind === kind));
  const dispensable =
    oldestFirst.find(({ state }) => state === "booting") ?? oldestFirst.find(({ kind }) => kind === lastKind);
  if (memory === "shrink" && dispensable) return end(dispensable.id, "memory is short");
  for (const [kind, size] of sizes) {
    const own = oldestFirst.filter((member) => member.kind === kind);
    const isOld = (member: MemberView) => member.state === "ready" && now - member.since >= rules.maxAgeMs;
    const olds = own.filter(isOld);
    const [old] = olds;
    const fresh = own.filter((member) => member.state === "ready" && !isOld(member));
    // If the pool has room for a successor, the old member stays until the successor is ready.
    if (old && (fresh.length >= size || olds.length > size || members.length >= rules.max))
      return end(old.id, "it has become old");
    const surplus = own.find(({ state }) => state === "booting") ?? own[0];
    if (!old && surplus && own.length > size) return end(surplus.id, "fewer are needed");
  }
  return undefined;
}

function booting(view: PoolView, rules: StepRules, now: number): PoolStep {
  const { members, sizes, memory, retryAt, quietUntil } = view;
  const wait = (why: string, until?: number) => ({ do: "wait", why, until }) as const;
  const soonest = nextDeadline(view, rules);
  // Members boot one at a time: boots that share the cores would all be late.
  if (members.some(({ state }) => state === "booting")) return wait("one is booting", soonest);
  const isFresh = (member: MemberView) => now - member.since < rules.maxAgeMs;
  const lacking = [...sizes.keys()].filter(
    (kind) => members.filter((member) => member.kind === kind && isFresh(member)).length < (sizes.get(kind) ?? 0),
  );
  if (lacking.length === 0) return wait("it is full", soonest);
  const kind = lacking.find((one) => (retryAt.get(one) ?? 0) <= now);
  if (kind === undefined)
    return wait("the last boot failed", Math.min(...lacking.map((one) => retryAt.get(one) ?? Infinity)));
  if (memory !== "grow") return wait("memory is short", soonest);
  if (quietUntil > now) return wait(usersFirst, quietUntil);
  return { do: "boot", kind };
}

/** The next instant at which a member becomes old or misses its boot deadline. */
function nextDeadline({ members }: PoolView, { maxAgeMs, bootDeadlineMs }: StepRules): number | undefined {
  const deadlines = members.map(({ state, since }) => since + (state === "booting" ? bootDeadlineMs : maxAgeMs));
  return deadlines.length === 0 ? undefined : Math.min(...deadlines);
}

export type MemoryVerdict = "grow" | "hold" | "shrink";

/**
 * The memory that must be available for a boot. It is generous, because a member's heap is larger during the
 * boot than when the member is idle.
 */
const bootMb = 700;

/** Whether the machine has memory for one more member, besides a reserve for the sessions that run. */
export function memberVerdict({ totalMb, availableMb }: { totalMb: number; availableMb: number }): MemoryVerdict {
  const reserveMb = Math.max(512, totalMb / 10);
  if (availableMb < reserveMb) return "shrink";
  return availableMb >= reserveMb + bootMb ? "grow" : "hold";
}

/** How long the next boot waits after `failures` failed boots in a row. */
export function retryAfterMs(failures: number): number {
  return Math.min(5_000 * 2 ** (failures - 1), 10 * 60_000);
}
