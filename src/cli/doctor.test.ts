import { expect, test } from "vitest";
import { priorityLines, renderPool } from "./doctor.ts";

test("a pool and its members", () => {
  const members = [
    { engineId: "3.5", state: "ready", isPaused: false, ageMs: 61_000 },
    { engineId: "3.5", state: "booting", isPaused: true, ageMs: 400 },
  ];
  expect(
    renderPool({ canRaisePriority: true, bounds: { min: 1, max: 2 }, members, waiting: "one is booting" }),
  ).toEqual([
    "Pool      2 members, between 1 and 2; no other one boots: one is booting",
    "          engine 3.5, ready, 61 s old",
    "          engine 3.5, booting, stands still for the work of users, 0 s old",
  ]);
});

test("which way the pool yields", () => {
  expect(priorityLines(true)).not.toEqual(priorityLines(false));
});
