import { expect, test } from "vitest";
import { simulateDay } from "./simulated-day.ts";

test("a day of 10,000 sessions: the pool follows the demand, within its bounds, and nothing is left", async () => {
  const { sessions, hits, launched, ended, sizes, left } = await simulateDay({ min: 1, max: 6 });
  expect(sessions).toBe(10_000);
  for (const { size, booting } of sizes) {
    expect(size).toBeLessThanOrEqual(6);
    expect(booting).toBeLessThanOrEqual(1);
  }
  const during = (from: number, to: number) =>
    sizes.filter((one) => one.hour >= from && one.hour < to).map(({ size }) => size);
  const share = (of: number[], size: number) => of.filter((one) => one === size).length / of.length;
  // For a moment the pool is larger by one: a member that has become old stays until its successor is ready.
  expect(share(during(1, 6), 1)).toBeGreaterThan(0.95);
  expect(Math.max(...during(9, 18))).toBe(6);
  expect(share(during(24.5, 25), 1)).toBeGreaterThan(0.95);
  // In working hours sessions start faster than members can boot one after the other, so not every start is a
  // hit.
  expect(hits / sessions).toBeGreaterThan(0.6);
  expect(left).toBe(0);
  expect(launched).toBe(hits + ended);
}, 120_000);
