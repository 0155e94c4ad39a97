// `npm run soak [-- --minutes N --seed S]`: runs clients at full rate, and faults, for N minutes. Afterwards
// nothing may be missing or left over.
import { Command } from "commander";
import { duration, wholeNumber } from "../number-option.ts";
import { soak } from "./soak.ts";

const options = new Command("npm run soak --")
  .option("--minutes <n>", "how long", duration, 3)
  .option("--seed <n>", "what decides on the faults", wholeNumber, 1)
  .parse()
  .opts<{ minutes: number; seed: number }>();

const report = await soak({
  ...options,
  progress: (sessions) => process.stderr.write(`\r${String(sessions)} sessions`),
});
process.stderr.write("\n");
const list = (counts: ReadonlyMap<string, number>) => [...counts].map(([name, n]) => `${String(n)} ${name}`).join(", ");
const { seconds, servers, tally, faults, held, failure } = report;
console.log(`${seconds.toFixed(0)} s, ${String(servers)} servers. Sessions: ${list(tally.sessions)}.`);
console.log(`Calculations: ${list(tally.calculations)}. Faults: ${list(faults)}.`);
for (const { liveMb, descriptors, resources } of held)
  console.log(`The server holds ${liveMb.toFixed(1)} MB, ${String(descriptors)} descriptors, ${list(resources)}.`);
if (failure === undefined) console.log("Nothing missing, nothing left over.");
else {
  console.log(`\nSeed ${String(options.seed)}: ${failure.what}`);
  console.log(`The data folder is kept: ${failure.home}`);
  process.exitCode = 1;
}
