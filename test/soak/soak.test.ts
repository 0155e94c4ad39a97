// Runs for half a minute what `npm run soak` runs for any length of time.
import { expect, test } from "vitest";
import { soak } from "../../scripts/soak/soak.ts";

test(
  "at full rate and with faults for 25 seconds: nothing missing, no leak, nothing left over",
  { timeout: 600_000 },
  async () => {
    const report = await soak({ minutes: 25 / 60, seed: 1 });
    expect(report.failure).toBeUndefined();
    // The run had work that could have been lost, and every kind of fault.
    expect(report.tally.sessions.get("TERMINATED")).toBeGreaterThan(4);
    expect(report.tally.calculations.get("COMPLETED")).toBeGreaterThan(4);
    for (const fault of ["supervisor killed", "runner killed", "supervisor stopped", "server killed"] as const)
      expect(report.faults.get(fault), fault).toBeGreaterThan(0);
  },
);
