import fc from "fast-check";
import { expect, test } from "vitest";
import { memberVerdict, nextStep, retryAfterMs, type MemberView, type PoolStep, type PoolView } from "./pool-step.ts";

const now = 1_000_000;
const rules = { maxAgeMs: 600_000, bootDeadlineMs: 60_000, max: 3 };
const full: PoolView = { members: [], sizes: new Map(), memory: "grow", retryAt: new Map(), quietUntil: 0 };
const member = (id: string, change: Partial<MemberView> = {}): MemberView => ({
  id,
  kind: "a",
  state: "ready",
  since: now - 10_000,
  ...change,
});
const old = { since: now - 700_000 };
const booting = { state: "booting" } as const;
const end = (id: string, why: string, isFailure = false): PoolStep => ({ do: "end", id, why, isFailure });

test.each<[string, Partial<PoolView>, PoolStep]>([
  [
    "an empty pool boots the first kind",
    {
      sizes: new Map([
        ["a", 1],
        ["b", 1],
      ]),
    },
    { do: "boot", kind: "a" },
  ],
  [
    "then the second",
    {
      members: [member("1")],
      sizes: new Map([
        ["a", 1],
        ["b", 1],
      ]),
    },
    { do: "boot", kind: "b" },
  ],
  [
    "one boot at a time",
    { members: [member("1", { ...booting, since: now - 1_000 })], sizes: new Map([["a", 2]]) },
    { do: "wait", why: "one is booting", until: now + 59_000 },
  ],
  [
    "a full one waits until its first member is old",
    { members: [member("1")], sizes: new Map([["a", 1]]) },
    { do: "wait", why: "it is full", until: now + 590_000 },
  ],
  ["an empty one that is to be empty waits for ever", {}, { do: "wait", why: "it is full", until: undefined }],
  [
    "a kind whose boots fail waits",
    { sizes: new Map([["a", 1]]), retryAt: new Map([["a", now + 5]]) },
    { do: "wait", why: "the last boot failed", until: now + 5 },
  ],
  [
    "another kind need not wait for it",
    {
      sizes: new Map([
        ["a", 1],
        ["b", 1],
      ]),
      retryAt: new Map([["a", now + 5]]),
    },
    { do: "boot", kind: "b" },
  ],
  [
    "no boot when memory is short",
    { sizes: new Map([["a", 1]]), memory: "hold" },
    { do: "wait", why: "memory is short", until: undefined },
  ],
  [
    "no boot before the work of users",
    { sizes: new Map([["a", 1]]), quietUntil: now + 7 },
    { do: "wait", why: "the work of users comes first", until: now + 7 },
  ],
  [
    "a member whose kind is no more",
    { members: [member("1"), member("2", { kind: "x" })], sizes: new Map([["a", 1]]) },
    end("2", "its engine, or what it was started with, has changed"),
  ],
  [
    "a boot that hangs",
    { members: [member("1", { ...booting, since: now - 60_000 })], sizes: new Map([["a", 1]]) },
    end("1", "it was not ready within 60 s", true),
  ],
  [
    "memory is very short: the one that boots goes first",
    { members: [member("1"), member("2", booting)], sizes: new Map([["a", 2]]), memory: "shrink" },
    end("2", "memory is short"),
  ],
  [
    "memory is very short: then the ready ones",
    { members: [member("1")], sizes: new Map([["a", 1]]), memory: "shrink" },
    end("1", "memory is short"),
  ],
  [
    "… of the kind that is filled last",
    {
      members: [member("1", { since: now - 20_000 }), member("2", { kind: "b" })],
      sizes: new Map([
        ["a", 1],
        ["b", 1],
      ]),
      memory: "shrink",
    },
    end("2", "memory is short"),
  ],
  [
    "surplus: the oldest",
    { members: [member("1"), member("2", { since: now - 20_000 })], sizes: new Map([["a", 1]]) },
    end("2", "fewer are needed"),
  ],
  [
    "an old one stays until its successor is ready",
    { members: [member("1", old)], sizes: new Map([["a", 1]]) },
    { do: "boot", kind: "a" },
  ],
  [
    "an old one whose successor is ready",
    { members: [member("1", old), member("2")], sizes: new Map([["a", 1]]) },
    end("1", "it has become old"),
  ],
  [
    "an old one that is in its successor's way",
    { members: [member("1", old), member("2"), member("3")], sizes: new Map([["a", 3]]) },
    end("1", "it has become old"),
  ],
])("%s", (_name, change, step) => {
  expect(nextStep({ ...full, ...change }, rules, now)).toEqual(step);
});

const anyMember = fc.record({
  kind: fc.constantFrom("a", "b", "x"),
  state: fc.constantFrom("booting" as const, "ready" as const),
  since: fc.integer({ min: now - 2_000_000, max: now }),
});

test("steps come to rest, with no more members than wanted, but for old ones whose successors cannot be booted", () => {
  const sizes = fc.tuple(fc.nat(2), fc.nat(1)).map(
    ([a, b]) =>
      new Map([
        ["a", a],
        ["b", b],
      ]),
  );
  const memory = fc.constantFrom("grow" as const, "hold" as const, "shrink" as const);
  fc.assert(
    fc.property(fc.array(anyMember, { maxLength: 6 }), sizes, memory, (some, wanted, verdict) => {
      let members = some.map((one, n): MemberView => ({ id: String(n), ...one }));
      for (let steps = 0; ; steps++) {
        expect(steps).toBeLessThan(30);
        const step = nextStep({ ...full, members, sizes: wanted, memory: verdict }, rules, now);
        if (step.do === "end") members = members.filter(({ id }) => id !== step.id);
        else if (step.do === "boot") members.push(member(`new ${String(steps)}`, { kind: step.kind, since: now }));
        else if (step.why === "one is booting") members = members.map((one) => ({ ...one, state: "ready" }));
        else break;
      }
      if (verdict === "shrink") expect(members).toEqual([]);
      for (const kind of ["a", "b", "x"]) {
        const count = members.filter((one) => one.kind === kind).length;
        expect(count).toBeLessThanOrEqual(wanted.get(kind) ?? 0);
        if (verdict === "grow") expect(count).toBe(wanted.get(kind) ?? 0);
      }
    }),
  );
});

test.each([
  [24_000, 20_000, "grow"],
  [24_000, 3_000, "hold"],
  [24_000, 2_000, "shrink"],
  [4_000, 1_300, "grow"],
  [4_000, 1_000, "hold"],
  [4_000, 500, "shrink"],
])("of %i MB of memory %i are available: %s", (totalMb, availableMb, verdict) => {
  expect(memberVerdict({ totalMb, availableMb })).toBe(verdict);
});

test("each failure in a row doubles the pause, up to ten minutes", () => {
  expect([1, 2, 3, 7, 8, 50].map(retryAfterMs)).toEqual([5_000, 10_000, 20_000, 320_000, 600_000, 600_000]);
});
