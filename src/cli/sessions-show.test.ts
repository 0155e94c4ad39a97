import { expect, test } from "vitest";
import { renderSession } from "./sessions-show.ts";

test.each([
  [null, "no driver yet"],
  [{ from: "pool", why: null }, "from the warm pool"],
  [
    { from: "pool", why: "it gets a fresh Spark context for spark.app.name" },
    "from the warm pool: it gets a fresh Spark context for spark.app.name",
  ],
  [{ from: "cold", why: "the pool is turned off" }, "cold, with a driver of its own: the pool is turned off"],
] as const)("%j", (origin, started) => {
  expect(renderSession({ sessionId: "s", state: "IDLE", stateReason: null, origin })).toBe(
    `Session s\n  state    IDLE\n  started  ${started}\n`,
  );
});

test("with the reason of its state", () => {
  const shown = { sessionId: "s", state: "FAILED", stateReason: "no memory", origin: null };
  expect(renderSession(shown)).toContain("  state    FAILED: no memory\n");
});
