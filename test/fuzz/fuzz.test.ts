// 8,000 mutated requests, the same in every run. `npm run fuzz` sends other requests, and more of them.
import { expect, test } from "vitest";
import { fuzz } from "../../scripts/fuzz/fuzz.ts";

test(
  "no mutated request brings the server to fail, to drop a connection or to grow",
  { timeout: 240_000 },
  async () => {
    const report = await fuzz({ requests: 8_000, seed: 1 });
    expect(report.failures).toEqual([]);
    expect(report.requests).toBe(8_000);
    // Some of the mutated requests also get past the front door.
    expect(report.statuses.get(200)).toBeGreaterThan(160);
  },
);
