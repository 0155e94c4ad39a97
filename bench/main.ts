// `npm run bench [-- <name> <options>]`: prints each figure with the bar that it is held against, and writes
// the samples to bench/results/. Other work on the machine affects the figures. So the figures that count are
// ratios of two that were measured in turns.
import { Argument, Command } from "commander";
import { count, duration } from "../scripts/number-option.ts";
import { benches } from "./benches.ts";
import { machine } from "./machine.ts";
import { drawResults } from "./plot.ts";
import { saveResult } from "./results.ts";
import { renderRows, verdict } from "./row.ts";

const choices = [
  ...Object.entries(benches).map(([name, { about }]) => ({ name, about })),
  { name: "all", about: "all of them, one after the other" },
  { name: "plot", about: "draw docs/bench.svg from the last results of all" },
];
const describe = ({ name, about }: (typeof choices)[number]) => `  ${name.padEnd(12)} ${about}`;
const command = new Command("npm run bench --")
  .addArgument(new Argument("[name]").choices(choices.map(({ name }) => name)).default("session"))
  .option("--rounds <n>", "how often, instead of the bench's default", count)
  .option("--seconds <n>", "how long a load lasts, instead of the bench's default", duration)
  .option("--check", "exit with 1 if a bar is missed")
  .addHelpText("after", ["", "Benches (session, if none is named):", ...choices.map(describe)].join("\n"))
  .parse();
const [name] = command.processedArgs as [string];
const options = command.opts<{ rounds?: number; seconds?: number; check?: boolean }>();
if (name === "plot") {
  await drawResults();
  process.exit();
}

let missed = 0;
for (const [bench, { about, run }] of Object.entries(benches)) {
  if (name !== bench && name !== "all") continue;
  console.error(`${bench}: ${about}`);
  const rows = await run(options);
  const result = { bench, day: new Date().toISOString().slice(0, 10), machine: machine(), rows };
  console.log(`\n${bench}, ${result.day}, ${result.machine}\n\n${renderRows(rows)}\n`);
  saveResult(result);
  missed += rows.filter((row) => verdict(row) === "MISSED").length;
}
if (options.check && missed > 0) process.exitCode = 1;
