// The same as chaos.test.ts, with a real Spark behind the sessions.
import { expect, test } from "vitest";
import { chaos } from "../../scripts/chaos/chaos.ts";
import { planRound } from "../../scripts/chaos/plan.ts";

test("killed 5 times while Spark runs: nothing lost, done twice or left over", { timeout: 600_000 }, async () => {
  const report = await chaos({ rounds: 5, seed: 1, spark: true });
  expect(report.failure).toBeUndefined();
  expect(report.rounds).toBe(5);
  // How much is done before each kill depends on the machine. Two things do not: all servers of the plan are
  // killed, and the last server runs code.
  const killed = [1, 2, 3, 4, 5].map((round) => 1 + planRound(1, round, 1).bootKills.length);
  expect(report.servers).toBe(killed.reduce((sum, count) => sum + count) + 1);
  expect(report.calculations).toBeGreaterThanOrEqual(1);
});
