// `npm run fuzz [-- --requests N --seed S]`: sends mutated requests to a server of its own. Request number n
// is made from the seed S + n, so `--requests 1 --seed <its seed>` sends the request of a failure again.
import { Command } from "commander";
import { count, wholeNumber } from "../number-option.ts";
import { fuzz } from "./fuzz.ts";

const options = new Command("npm run fuzz --")
  .option("--requests <n>", "how many", count, 20_000)
  .option("--seed <n>", "what the first request is made from", wholeNumber, 1)
  .parse()
  .opts<{ requests: number; seed: number }>();

const report = await fuzz({
  ...options,
  progress: (sent) => process.stderr.write(`\r${String(sent)} requests`),
});
process.stderr.write("\n");
const counts = [...report.statuses]
  .sort(([a], [b]) => a - b)
  .map(([status, count]) => `${String(status)}: ${String(count)}`);
const { requests, seconds, broken, liveMb, failures } = report;
console.log(
  `${String(requests)} requests in ${seconds.toFixed(1)} s (${(requests / seconds).toFixed(0)}/s), ${String(broken)} of them not HTTP`,
);
console.log(`Answers: ${counts.join(", ")}`);
console.log(
  `Memory in use by the server: ${String(liveMb.before)} MB after a quarter, ${String(liveMb.after)} MB at the end`,
);
for (const { seed, what, sent } of failures) console.log(`\nSeed ${String(seed)}: ${what}\n${JSON.stringify(sent)}`);
console.log(failures.length === 0 ? "No failure." : `\n${String(failures.length)} failures.`);
if (failures.length > 0) process.exitCode = 1;
