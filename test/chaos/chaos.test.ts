// Kills a server fifteen times, always at the moments that seed 1 gives. `npm run chaos` kills a hundred
// times or more, at the moments of any seed.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { chaos } from "../../scripts/chaos/chaos.ts";
import { startStray } from "../../scripts/chaos/processes.ts";
import { temporaryHome } from "../support/server.ts";

test("no stray driver is made in the image of a launch file that a killed server has not written to its end", () => {
  const home = temporaryHome();
  onTestFinished(() => {
    rmSync(home, { recursive: true });
  });
  const folder = join(home, "drivers", "d1");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "launch.json"), "");
  expect(startStray(home)).toBeUndefined();
});

test(
  "killed with SIGKILL at any moment, 15 times: nothing lost, done twice or left over",
  { timeout: 900_000 },
  async () => {
    const report = await chaos({ rounds: 15, seed: 1 });
    expect(report.failure).toBeUndefined();
    expect(report.rounds).toBe(15);
    // The run had sessions and calculations that could have been lost.
    expect(report.sessions).toBeGreaterThan(3);
    expect(report.calculations).toBeGreaterThan(7);
  },
);
