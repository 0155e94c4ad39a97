// `npm run bench [-- session --rounds N]`: what a session costs, beside bare PySpark in the same run, interleaved. Prints a table with the machine named and writes the
// samples to bench/results/. The machine's other work is in the figures; the ratios are what counts.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { AthenaClient } from "@aws-sdk/client-athena";
import { startServer } from "../test/support/server.ts";
import { findEngine } from "../src/engines/engines.ts";
import { packageRoot } from "../src/lib/package-root.ts";
import { startSession } from "./glaux-session.ts";
import { renderTable, type Figure } from "./samples.ts";

const { values } = parseArgs({ options: { rounds: { type: "string", default: "7" } } });
const rounds = Number(values.rounds);
const warmRounds = 30;
const engines = process.env["GLAUX_ENGINES"] ?? join(packageRoot(), ".glaux/engines");
const engine = await findEngine(engines, "3.5");
if (!engine)
  throw new Error(
    `There is no engine in ${engines}. Install it with: GLAUX_ENGINES='${engines}' npx glaux engines install 3.5`,
  );

const names = {
  bareFirst: "bare PySpark: process → first count",
  first: "Glaux: StartSession → first count",
  idle: "Glaux: StartSession → IDLE",
  firstQuery: "Glaux: IDLE → first count",
  bareCount: "bare PySpark: warm count",
  count: "Glaux: warm count as a calculation",
  one: "Glaux: 1+1 as a calculation",
};
const figures: Figure[] = Object.values(names).map((name) => ({ name, samples: [] }));
const add = (name: string, ...samples: number[]) =>
  figures.find((figure) => figure.name === name)?.samples.push(...samples);

await using server = await startServer({ env: { GLAUX_ENGINES: engines } });
// As after `eval "$(npx glaux env)"`: the client finds the service by the profile.
Object.assign(process.env, server.env);
const client = new AthenaClient();
for (let round = 0; round < rounds; round++) {
  const bare = await runBare();
  add(names.bareFirst, bare.firstMs);
  add(names.bareCount, bare.warmCountMs);
  const session = await startSession(client);
  const firstQueryMs = await session.run("spark.range(1000).count()");
  add(names.idle, session.startToIdleMs);
  add(names.firstQuery, firstQueryMs);
  add(names.first, session.startToIdleMs + firstQueryMs);
  for (let n = 0; n < warmRounds; n++) add(names.count, await session.run("spark.range(1000).count()"));
  for (let n = 0; n < warmRounds; n++) add(names.one, await session.run("1+1"));
  await session.end();
  console.error(`round ${String(round + 1)} of ${String(rounds)}`);
}

const machine = `${String(cpus().length)} cores (${cpus()[0]?.model.trim() ?? "unknown"}), ${String(Math.round(totalmem() / 2 ** 30))} GiB, Spark ${engine.versions.spark}, Java ${engine.versions.java}, Python ${engine.versions.python}`;
const compared = new Map([
  [names.first, names.bareFirst],
  [names.count, names.bareCount],
]);
const day = new Date().toISOString().slice(0, 10);
console.log(`${day}, ${machine}\n\n${renderTable(figures, compared)}`);
const results = join(packageRoot(), "bench/results", `${day}.json`);
mkdirSync(dirname(results), { recursive: true });
writeFileSync(results, JSON.stringify({ day, machine, figures }, null, 2));

async function runBare(): Promise<{ firstMs: number; warmCountMs: number }> {
  const began = Date.now();
  const { PATH, HOME, LANG } = process.env;
  const child = spawn(engine?.python ?? "", [join(packageRoot(), "bench/bare.py"), String(warmRounds)], {
    env: { PATH, HOME, LANG, JAVA_HOME: dirname(dirname(engine?.java ?? "")), PYSPARK_PYTHON: engine?.python },
    stdio: ["ignore", "pipe", "ignore"],
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  await once(child, "close");
  const { firstResultAt, warmCountMs } = JSON.parse(output) as { firstResultAt: number; warmCountMs: number };
  return { firstMs: firstResultAt - began, warmCountMs };
}
