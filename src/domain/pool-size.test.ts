import fc from "fast-check";
import { expect, test } from "vitest";
import { demandLastsMs, poolSizes, type Demand } from "./pool-size.ts";

const now = 10 * demandLastsMs;
const usual = (...secondsAgo: number[]): Demand => ({
  isDefault: true,
  isReadyMade: false,
  askedAt: secondsAgo.map((seconds) => now - seconds * 1000),
});
const other = (...secondsAgo: number[]): Demand => ({ ...usual(...secondsAgo), isDefault: false });
const ready = (...secondsAgo: number[]): Demand => ({ ...other(...secondsAgo), isReadyMade: true });

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
  ["a maximum of 0 is no pool", [usual(1, 1), other(1, 1), ready()], { min: 1, max: 0 }, [0, 0, 0]],
  ["ready-made: one of each where there is room", [usual(), ready(), ready()], { min: 1, max: 4 }, [1, 1, 1]],
  ["ready-made: the first one where there is room for one", [usual(), ready(), ready()], { min: 1, max: 2 }, [1, 1, 0]],
  ["ready-made: none where there is room for the default alone", [usual(), ready()], { min: 1, max: 1 }, [1, 0]],
  ["ready-made without a minimum: one", [usual(), ready()], { min: 0, max: 2 }, [0, 1]],
  ["a ready-made one that was asked for once goes first", [usual(), ready(), ready(9)], { min: 1, max: 2 }, [1, 0, 1]],
  ["the default's demand displaces ready-made ones", [usual(5, 4), ready()], { min: 1, max: 2 }, [2, 0]],
  ["another kind's demand displaces ready-made ones", [usual(), other(60, 5), ready()], { min: 1, max: 2 }, [1, 1, 0]],
  ["old demand does not", [usual(1000, 1000), other(1000, 1000), ready()], { min: 1, max: 2 }, [1, 0, 1]],
])("%s", (_name, kinds, bounds, sizes) => {
  expect(poolSizes(kinds, bounds, now)).toEqual(sizes);
});

test("never more than the maximum together, and never less than the default's minimum", () => {
  const kind = fc.record({
    isDefault: fc.constant(false),
    isReadyMade: fc.boolean(),
    askedAt: fc.array(fc.integer({ min: now - 2 * demandLastsMs, max: now })).map((all) => all.sort((a, b) => a - b)),
  });
  const bounds = fc.record({ min: fc.nat(5), max: fc.nat(8) });
  fc.assert(
    fc.property(kind, fc.array(kind, { maxLength: 5 }), bounds, (first, more, { min, max }) => {
      const sizes = poolSizes([{ ...first, isDefault: true, isReadyMade: false }, ...more], { min, max }, now);
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(max);
      expect(sizes[0]).toBeGreaterThanOrEqual(Math.min(min, max));
    }),
  );
});

test("ready-made kinds that nobody asks for take nothing from the others, and stay within the maximum", () => {
  const asked = fc.array(fc.integer({ min: now - 2 * demandLastsMs, max: now }), { maxLength: 6 });
  const kind = asked.map((all) => ({ isDefault: false, isReadyMade: false, askedAt: all.sort((a, b) => a - b) }));
  const bounds = fc.record({ min: fc.nat(3), max: fc.nat(6) });
  fc.assert(
    fc.property(kind, fc.array(kind, { maxLength: 4 }), fc.nat(2), bounds, (first, more, readyMade, limits) => {
      const kinds = [{ ...first, isDefault: true }, ...more];
      const alone = poolSizes(kinds, limits, now);
      const sizes = poolSizes([...kinds, ...Array.from({ length: readyMade }, () => ready())], limits, now);
      expect(sizes.slice(0, kinds.length)).toEqual(alone);
      const room = limits.max - alone.reduce((sum, size) => sum + size, 0);
      expect(sizes.slice(kinds.length).filter((size) => size === 1)).toHaveLength(Math.min(readyMade, room));
    }),
  );
});
