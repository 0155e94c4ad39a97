// The same as chaos.test.ts with a real Spark behind the sessions.
import { expect, test } from "vitest";
import { chaos } from "../../scripts/chaos/chaos.ts";

test("killed 5 times while Spark runs: nothing lost, done twice or left over", { timeout: 600_000 }, async () => {
  const report = await chaos({ rounds: 5, seed: 1, spark: true });
  expect(report.failure).toBeUndefined();
  expect(report.rounds).toBe(5);
  expect(report.calculations).toBeGreaterThan(1);
});
