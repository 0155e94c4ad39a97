// Half a minute of what `npm run soak` does for as long as one likes.
import { expect, test } from "vitest";
import { soak } from "../../scripts/soak/soak.ts";

test(
  "at full rate and with faults for 25 seconds: nothing missing, no leak, nothing left over",
  { timeout: 600_000 },
  async () => {
    const report = await soak({ minutes: 25 / 60, seed: 1 });
    expect(report.failure).toBeUndefined();
    // There was something to lose, and something that failed.
    expect(report.tally.sessions.get("TERMINATED")).toBeGreaterThan(4);
    expect(report.tally.calculations.get("COMPLETED")).toBeGreaterThan(4);
    for (const fault of ["supervisor killed", "runner killed", "supervisor stopped", "server killed"] as const)
      expect(report.faults.get(fault), fault).toBeGreaterThan(0);
  },
);
