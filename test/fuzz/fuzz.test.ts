// 8,000 mutated requests, always the same ones. `npm run fuzz` sends others, and more of them.
import { expect, test } from "vitest";
import { fuzz } from "../../scripts/fuzz/fuzz.ts";

test(
  "no mutated request brings the server to fail, to drop a connection or to grow",
  { timeout: 240_000 },
  async () => {
    const report = await fuzz({ requests: 8_000, seed: 1 });
    expect(report.failures).toEqual([]);
    expect(report.requests).toBe(8_000);
    // They get past the front door, too.
    expect(report.statuses.get(200)).toBeGreaterThan(160);
  },
);
