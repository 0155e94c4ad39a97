import { expect, test } from "vitest";
import { renderOrigin, renderQueries } from "./sessions.ts";

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

test("streaming queries, one a line", () => {
  expect(renderQueries(null)).toBeNull();
  expect(renderQueries([])).toBeNull();
  const sinceAt = Date.UTC(2026, 10, 30, 11, 41, 36);
  expect(
    renderQueries([
      { id: "q-1", name: "orders", sinceAt, calculationId: "c-1" },
      { id: "q-2", name: null, sinceAt, calculationId: null },
    ]),
  ).toBe("orders  since 2026-11-30 11:41:36  of calculation c-1  (q-1)\n             q-2  since 2026-11-30 11:41:36");
});
