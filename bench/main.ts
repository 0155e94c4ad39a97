// `npm run bench [-- <name> <options>]`: one bench of the table, `all` of them, or, without a name, what a session costs. Prints each figure with the bar that it is
// held against, and writes the samples to bench/results/. With --check, a missed bar is a failure. `plot` draws docs/bench.svg from the last results of all benches.
//
// What other work there is on the machine is in the figures: those that count are ratios of two measured in turns.
import { parseArgs } from "node:util";
import { benches } from "./benches.ts";
import { machine } from "./machine.ts";
import { drawResults } from "./plot.ts";
import { saveResult } from "./results.ts";
import { renderRows, verdict } from "./row.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string" },
    seconds: { type: "string" },
    check: { type: "boolean", default: false },
  },
});
const name = positionals[0] ?? "session";
if (name === "plot") {
  await drawResults();
  process.exit();
}
const chosen = name === "all" ? Object.keys(benches) : [name];
if (!chosen.every((one) => one in benches)) {
  const known = Object.entries(benches).map(([known, { about }]) => `  ${known.padEnd(12)} ${about}`);
  console.error(`There is no bench ${name}. There are:\n${known.join("\n")}\n  all, plot`);
  process.exit(2);
}

let missed = 0;
for (const bench of chosen) {
  const { about, run } = benches[bench] ?? { about: "", run: () => Promise.resolve([]) };
  console.error(`${bench}: ${about}`);
  const rows = await run({ rounds: numberOf(values.rounds), seconds: numberOf(values.seconds) });
  const result = { bench, day: new Date().toISOString().slice(0, 10), machine: machine(), rows };
  console.log(`\n${bench}, ${result.day}, ${result.machine}\n\n${renderRows(rows)}\n`);
  saveResult(result);
  missed += rows.filter((row) => verdict(row) === "MISSED").length;
}
if (values.check && missed > 0) process.exitCode = 1;

function numberOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}
