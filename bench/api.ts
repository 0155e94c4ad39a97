// `npm run bench -- api [--rounds N] [--seconds N] [--check]`: what the front end costs. Signed GetSessionStatus on 64 connections, from another process,
// beside a bare node:http server that answers the same bytes, in turns; and pages of ListSessions over 10,000 stored sessions.
import { rm } from "node:fs/promises";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { startEnginelessServer, type EnginelessServer } from "../test/support/engineless-server.ts";
import { temporaryHome } from "../test/support/server.ts";
import { load, startBareServer } from "./load/processes.ts";
import { timePages } from "./load/pages.ts";
import { answerTo, signedRequest } from "./load/signed-request.ts";
import { storeSessions } from "./load/stored-sessions.ts";
import { median, percentile, renderTable, type Figure } from "./samples.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "3" },
    check: { type: "boolean", default: false },
  },
});
const bars = { ratio: 0.35, p99Ms: 20, pageMs: 5 };
const connections = 64;
const stored = 10_000;

const home = temporaryHome();
try {
  const sessionId = await storeSessions(home, stored);
  await using server = await startEnginelessServer({ home });
  const rates = await compareRates(server, sessionId);
  const pages = await timePages(server);
  report(rates, pages);
} finally {
  await rm(home, { recursive: true, force: true });
}

interface Rates {
  readonly bare: number[];
  readonly glaux: number[];
  readonly p99Ms: number[];
}

async function compareRates(server: EnginelessServer, sessionId: string): Promise<Rates> {
  const request = signedRequest(server, "GetSessionStatus", { SessionId: sessionId });
  using bare = await startBareServer(await answerTo(server, request));
  const port = Number(new URL(server.endpoint).port);
  const rates: Rates = { bare: [], glaux: [], p99Ms: [] };
  const seconds = Number(values.seconds);
  for (const warmUp of [bare.port, port]) await load({ port: warmUp, request, connections, seconds: 2 });
  for (let round = 0; round < Number(values.rounds); round++) {
    rates.bare.push((await load({ port: bare.port, request, connections, seconds })).requestsPerSecond);
    const loaded = await load({ port, request, connections, seconds });
    rates.glaux.push(loaded.requestsPerSecond);
    rates.p99Ms.push(percentile(loaded.latenciesMs, 0.99));
  }
  return rates;
}

function report({ bare, glaux, p99Ms }: Rates, pages: Figure[]): void {
  const ratio = median(glaux.map((rate, round) => rate / (bare[round] ?? NaN)));
  const rows = [
    ["bare node:http", median(bare).toFixed(0), ""],
    ["Glaux: signed GetSessionStatus", median(glaux).toFixed(0), `p99 ${median(p99Ms).toFixed(1)} ms`],
  ];
  const machine = `${String(cpus().length)} cores (${cpus()[0]?.model.trim() ?? "unknown"})`;
  console.log(`${new Date().toISOString().slice(0, 10)}, ${machine}, ${String(connections)} connections\n`);
  console.log("| server | requests a second | latency |\n| --- | --- | --- |");
  for (const row of rows) console.log(`| ${row.join(" | ")} |`);
  console.log(`\nGlaux / bare: ${ratio.toFixed(2)}\n`);
  console.log(renderTable(pages, new Map()));
  const missed = [
    ...(ratio < bars.ratio ? [`the ratio is to be at least ${String(bars.ratio)}`] : []),
    ...(median(p99Ms) >= bars.p99Ms ? [`p99 is to be under ${String(bars.p99Ms)} ms`] : []),
    ...pages
      .filter(({ samples }) => median(samples) >= bars.pageMs)
      .map(({ name }) => `${name} is to take less than ${String(bars.pageMs)} ms`),
  ];
  for (const bar of missed) console.log(`Missed: ${bar}`);
  if (values.check && missed.length > 0) process.exitCode = 1;
}
