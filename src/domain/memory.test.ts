import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { memoryVerdict, type MemorySituation } from "./memory.ts";

const calm: MemorySituation = { availableMb: 2000, memoryReserveMb: 200, neededMb: 1500, starting: 0, ending: 0 };

test.each<[Partial<MemorySituation>, ReturnType<typeof memoryVerdict>]>([
  [{}, "start"],
  [{ availableMb: 1700 }, "start"],
  [{ availableMb: 1699 }, "refuse"],
  [{ starting: 1 }, "wait"],
  [{ starting: 1, availableMb: 3200 }, "start"],
  [{ starting: 1, availableMb: 1699 }, "refuse"],
  [{ starting: 1, ending: 1, availableMb: 1699 }, "wait"],
  [{ ending: 1, availableMb: 0 }, "wait"],
  [{ ending: 1 }, "start"],
])("%j: %s", (change, expected) => {
  expect(memoryVerdict({ ...calm, ...change })).toBe(expected);
});

describe("in any situation", () => {
  const mb = fc.integer({ min: 0, max: 64_000 });
  const situations = fc.record<MemorySituation>({
    availableMb: mb,
    memoryReserveMb: mb,
    neededMb: fc.integer({ min: 1, max: 64_000 }),
    starting: fc.nat(20),
    ending: fc.nat(20),
  });

  test("what starts leaves the reserve, even if all that is starting takes what it may", () => {
    fc.assert(
      fc.property(situations, (one) => {
        const leftMb = one.availableMb - (one.starting + 1) * one.neededMb;
        expect(memoryVerdict(one) === "start").toBe(leftMb >= one.memoryReserveMb);
      }),
    );
  });

  test("nothing waits for what will not come", () => {
    fc.assert(
      fc.property(situations, (one) => {
        expect(memoryVerdict({ ...one, starting: 0, ending: 0 })).not.toBe("wait");
      }),
    );
  });

  test("what is refused does not fit even if all that is starting had taken nothing and ended, and nothing is given back", () => {
    fc.assert(
      fc.property(situations, (one) => {
        fc.pre(memoryVerdict(one) === "refuse");
        expect(memoryVerdict({ ...one, starting: 0 })).toBe("refuse");
        expect(one.ending).toBe(0);
      }),
    );
  });

  test("more memory, or less to start, never makes it worse", () => {
    const rank = { refuse: 0, wait: 1, start: 2 };
    fc.assert(
      fc.property(situations, fc.nat(10_000), (one, moreMb) => {
        const better = memoryVerdict({ ...one, availableMb: one.availableMb + moreMb });
        expect(rank[better]).toBeGreaterThanOrEqual(rank[memoryVerdict(one)]);
        const smaller = memoryVerdict({ ...one, neededMb: Math.max(1, one.neededMb - moreMb) });
        expect(rank[smaller]).toBeGreaterThanOrEqual(rank[memoryVerdict(one)]);
      }),
    );
  });
});
