// `npm run chaos [-- --rounds N --seed S --spark]`: kills a server N times at moments that the seed decides, and checks after each restart that nothing was lost.
import { parseArgs } from "node:util";
import { chaos } from "./chaos.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "100" },
    seed: { type: "string", default: "1" },
    spark: { type: "boolean", default: false },
  },
});

const seed = Number(values.seed);
const report = await chaos({
  rounds: Number(values.rounds),
  seed,
  spark: values.spark,
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
  console.log(`\nSeed ${String(seed)}, round ${String(failure.round)}: ${failure.what}`);
  console.log(`The data folder is kept: ${failure.home}`);
  process.exitCode = 1;
}
