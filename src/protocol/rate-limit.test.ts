import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { rateLimiter, type RateLimit } from "./rate-limit.ts";

const operation = "GetSession";

function limited(limits: Record<string, RateLimit>) {
  const clock = { at: 1_000_000 };
  return { clock, within: rateLimiter(new Map(Object.entries(limits)), () => clock.at) };
}
const countWithin = (within: () => boolean, times: number) =>
  Array.from({ length: times }, within).filter((isWithin) => isWithin).length;

test("a burst is taken at once, then what comes in by the second", () => {
  const { clock, within } = limited({ "*": { perSecond: 4, burst: 10 } });
  const take = () => within("key", operation);
  expect(countWithin(take, 50)).toBe(10);
  clock.at += 249;
  expect(take()).toBe(false);
  clock.at += 1;
  expect(countWithin(take, 5)).toBe(1);
  clock.at += 1_000;
  expect(countWithin(take, 50)).toBe(4);
  clock.at += 3_600_000;
  expect(countWithin(take, 50)).toBe(10);
});

test("every key and every operation has its own bucket, of its own size where it is named", () => {
  const { within } = limited({ "*": { perSecond: 1, burst: 2 }, StartSession: { perSecond: 1, burst: 1 } });
  for (const key of ["one", "two"]) {
    expect(countWithin(() => within(key, "GetSession"), 9)).toBe(2);
    expect(countWithin(() => within(key, "ListSessions"), 9)).toBe(2);
    expect(countWithin(() => within(key, "StartSession"), 9)).toBe(1);
  }
});

test("what is not named has no limit, if there is none for everything", () => {
  const { within } = limited({ StartSession: { perSecond: 1, burst: 1 } });
  expect(countWithin(() => within("key", "GetSession"), 1000)).toBe(1000);
  expect(countWithin(() => within("key", "StartSession"), 1000)).toBe(1);
});

test("a name that is no operation is refused", () => {
  expect(() => limited({ StartSesion: { perSecond: 1, burst: 1 } })).toThrow(
    "GLAUX_RATE_LIMITS: Athena has no operation StartSesion",
  );
});

describe("any requests at any rate", () => {
  const limit = fc.record({
    perSecond: fc.oneof(fc.integer({ min: 1, max: 50 }), fc.constantFrom(0.1, 0.3, 7.7)),
    burst: fc.integer({ min: 1, max: 20 }),
  });
  const requests = fc.array(
    fc.record({ afterMs: fc.oneof(fc.nat(400), fc.nat(60_000)), key: fc.constantFrom("a", "b") }),
    {
      maxLength: 120,
    },
  );

  test("are answered as by a bucket that is filled drop by drop and never forgotten", () => {
    fc.assert(
      fc.property(limit, requests, (given, sequence) => {
        const { clock, within } = limited({ "*": given });
        const buckets = new Map<string, { tokens: number; at: number }>();
        for (const { afterMs, key } of sequence) {
          clock.at += afterMs;
          const bucket = buckets.get(key) ?? { tokens: given.burst, at: clock.at };
          const filled = bucket.tokens + ((clock.at - bucket.at) * given.perSecond) / 1000;
          const tokens = Math.min(given.burst, filled);
          // When the bucket holds one token but for a rounding error, both answers are right.
          const isClose = Math.abs(tokens - 1) < 1e-6;
          const isWithin = within(key, operation);
          if (!isClose) expect(isWithin).toBe(tokens >= 1);
          buckets.set(key, { tokens: isWithin ? tokens - 1 : tokens, at: clock.at });
        }
      }),
    );
  });
});

test("keys that ask no more are forgotten", () => {
  const clock = { at: 0 };
  const within = rateLimiter(new Map([["*", { perSecond: 10, burst: 10 }]]), () => clock.at);
  const before = usedBytes();
  for (let n = 0; n < 1_000_000; n++) {
    clock.at += 1; // each millisecond brings a new key, and a bucket fills in a second
    within(`key ${String(n)}`, operation);
  }
  // Keeping a million keys, each with its number, would take ten times as much memory.
  expect(usedBytes() - before).toBeLessThan(10_000_000);
  expect(within("key 999999", operation)).toBe(true); // keeps the limiter alive until it has been measured
});

/** Bytes of the heap that are in use, without garbage. */
function usedBytes(): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  collect();
  return process.memoryUsage().heapUsed;
}
