/** What a pool does next, decided from how it is. Pure. An instant is a number of milliseconds on a clock that is never set, and has no meaning by itself. */

export interface MemberView {
  id: string;
  /** Its fingerprint. */
  kind: string;
  state: "booting" | "ready";
  /** When its boot began; for a booting one without the time that it stood still. */
  since: number;
}

export interface PoolView {
  members: readonly MemberView[];
  /** The wanted number of each kind that is up to date: of any other, nothing is kept. In the order in which they are to be filled. */
  sizes: ReadonlyMap<string, number>;
  memory: MemoryVerdict;
  /** Kinds whose last boots failed, and when they may be tried again. */
  retryAt: ReadonlyMap<string, number>;
  /** Until when the work of users comes first. */
  quietUntil: number;
}

export type PoolStep =
  | { do: "boot"; kind: string }
  | { do: "end"; id: string; why: string; isFailure: boolean }
  /** Until something changes, or until then. */
  | { do: "wait"; why: string; until: number | undefined };

export interface StepRules {
  /** A member is replaced when it is older. */
  maxAgeMs: number;
  bootDeadlineMs: number;
  /** Members of all kinds together. */
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
  // Of those that are ready, the kind that would be filled last, so that the default's are the last to go.
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
    // Where there is room for its successor, it stays until that is ready.
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
  // One at a time: boots that share the cores are all late.
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

/** When a member becomes old, or has not become ready. */
function nextDeadline({ members }: PoolView, { maxAgeMs, bootDeadlineMs }: StepRules): number | undefined {
  const deadlines = members.map(({ state, since }) => since + (state === "booting" ? bootDeadlineMs : maxAgeMs));
  return deadlines.length === 0 ? undefined : Math.min(...deadlines);
}

export type MemoryVerdict = "grow" | "hold" | "shrink";

/** What has to be available for a member to boot; generous, for its heap is larger then than when it is idle. */
const bootMb = 700;

/** Whether the machine has room for one more member, and keeps a reserve for the sessions that run. */
export function memberVerdict({ totalMb, availableMb }: { totalMb: number; availableMb: number }): MemoryVerdict {
  const reserveMb = Math.max(512, totalMb / 10);
  if (availableMb < reserveMb) return "shrink";
  return availableMb >= reserveMb + bootMb ? "grow" : "hold";
}

/** How long after the last of `failures` boots in a row the next one waits. */
export function retryAfterMs(failures: number): number {
  return Math.min(5_000 * 2 ** (failures - 1), 10 * 60_000);
}
