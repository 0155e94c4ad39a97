// `npm run chaos [-- --rounds N --seed S --spark]`: kills a server N times at moments that the seed decides,
// and checks after each restart that nothing was lost.
import { Command } from "commander";
import { count, wholeNumber } from "../number-option.ts";
import { chaos } from "./chaos.ts";

const options = new Command("npm run chaos --")
  .option("--rounds <n>", "how often the server is killed", count, 100)
  .option("--seed <n>", "what decides on the moments", wholeNumber, 1)
  .option("--spark", "with real drivers", false)
  .parse()
  .opts<{ rounds: number; seed: number; spark: boolean }>();

const report = await chaos({
  ...options,
  progress: (round) => process.stderr.write(`\r${String(round)} rounds`),
});
process.stderr.write("\n");
const { rounds, seconds, servers, sessions, calculations, bootMs, failure } = report;
console.log(
  `${String(rounds)} rounds in ${seconds.toFixed(1)} s: ${String(servers)} servers, ${String(sessions)} sessions, ${String(calculations)} calculations`,
);
console.log(`A server serves ${String(bootMs)} ms after its start (median; its modules loaded).`);
if (failure === undefined) console.log("Nothing lost, nothing left over.");
else {
  console.log(`\nSeed ${String(options.seed)}, round ${String(failure.round)}: ${failure.what}`);
  console.log(`The data folder is kept: ${failure.home}`);
  process.exitCode = 1;
}
