import { expect, test } from "vitest";
import { renderOrigin } from "./sessions.ts";

test.each([
  [{ from: "pool", why: null }, "from the warm pool"],
  [
    { from: "pool", why: "it gets a fresh Spark context for spark.app.name" },
    "from the warm pool: it gets a fresh Spark context for spark.app.name",
  ],
  [{ from: "cold", why: "the pool is turned off" }, "booted for the session: the pool is turned off"],
] as const)("%j", (origin, shown) => {
  expect(renderOrigin(origin)).toBe(shown);
});
