import fc from "fast-check";
import { expect, test } from "vitest";
import { demandLastsMs, poolSizes, type Demand } from "./pool-size.ts";

const now = 10 * demandLastsMs;
const usual = (...secondsAgo: number[]): Demand => ({
  isDefault: true,
  askedAt: secondsAgo.map((seconds) => now - seconds * 1000),
});
const other = (...secondsAgo: number[]): Demand => ({ ...usual(...secondsAgo), isDefault: false });

test.each<[string, Demand[], { min: number; max: number }, number[]]>([
  ["nobody asks: the minimum", [usual()], { min: 1, max: 4 }, [1]],
  ["one after the other: one is enough", [usual(100, 70, 40, 10)], { min: 1, max: 4 }, [1]],
  ["three at once: three", [usual(62, 61, 60)], { min: 1, max: 4 }, [3]],
  ["six at once: the maximum", [usual(5, 5, 5, 5, 5, 5)], { min: 1, max: 4 }, [4]],
  ["long ago: the minimum again", [usual(1000, 1000, 1000)], { min: 1, max: 4 }, [1]],
  ["another kind, once: none", [usual(), other(5)], { min: 1, max: 4 }, [1, 0]],
  ["another kind, again and again: one", [usual(), other(300, 200, 5)], { min: 1, max: 4 }, [1, 1]],
  ["the default's minimum goes before another kind's demand", [other(3, 2, 1), usual()], { min: 1, max: 2 }, [1, 1]],
  ["no minimum, no demand: none", [usual()], { min: 0, max: 4 }, [0]],
  ["no minimum, demand: as many", [usual(60)], { min: 0, max: 4 }, [1]],
  ["a maximum of 0 is no pool", [usual(1, 1), other(1, 1)], { min: 1, max: 0 }, [0, 0]],
])("%s", (_name, kinds, bounds, sizes) => {
  expect(poolSizes(kinds, bounds, now)).toEqual(sizes);
});

test("never more than the maximum together, and never less than the default's minimum", () => {
  const kind = fc.record({
    isDefault: fc.constant(false),
    askedAt: fc.array(fc.integer({ min: now - 2 * demandLastsMs, max: now })).map((all) => all.sort((a, b) => a - b)),
  });
  const bounds = fc.record({ min: fc.nat(5), max: fc.nat(8) });
  fc.assert(
    fc.property(kind, fc.array(kind, { maxLength: 5 }), bounds, (first, more, { min, max }) => {
      const sizes = poolSizes([{ ...first, isDefault: true }, ...more], { min, max }, now);
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(max);
      expect(sizes[0]).toBeGreaterThanOrEqual(Math.min(min, max));
    }),
  );
});
