// A hundred servers killed, always at the moments of seed 1. `npm run chaos` kills at others, and more of them.
import { expect, test } from "vitest";
import { chaos } from "../../scripts/chaos/chaos.ts";

test(
  "killed with SIGKILL at any moment, 100 times: nothing lost, done twice or left over",
  { timeout: 900_000 },
  async () => {
    const report = await chaos({ rounds: 100, seed: 1 });
    expect(report.failure).toBeUndefined();
    expect(report.rounds).toBe(100);
    // There was something to lose.
    expect(report.sessions).toBeGreaterThan(20);
    expect(report.calculations).toBeGreaterThan(50);
  },
);
