// What the front end costs: signed GetSessionStatus on 64 connections, from another process, beside a bare node:http server that answers the same bytes, in turns;
// and pages of ListSessions over 10,000 stored sessions.
import { rm } from "node:fs/promises";
import { startEnginelessServer, type EnginelessServer } from "../test/support/engineless-server.ts";
import { temporaryHome } from "../test/support/server.ts";
import type { BenchOptions } from "./bench.ts";
import { load, startBareServer } from "./load/processes.ts";
import { timePages } from "./load/pages.ts";
import { answerTo, signedRequest } from "./load/signed-request.ts";
import { storeSessions } from "./load/stored-sessions.ts";
import { medianRow, ratioRow, type Row } from "./row.ts";
import { median, percentile, type Figure } from "./samples.ts";

const connections = 64;
const stored = 10_000;

export async function api({ rounds = 5, seconds = 3 }: BenchOptions): Promise<Row[]> {
  const home = temporaryHome();
  try {
    const sessionId = await storeSessions(home, stored);
    const began = performance.now();
    await using server = await startEnginelessServer({ home });
    const bootMs = performance.now() - began;
    const rates = await compareRates(server, sessionId, { rounds, seconds });
    return rowsOf(rates, bootMs, await timePages(server));
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

interface Rates {
  readonly bare: number[];
  readonly glaux: number[];
  readonly p99Ms: number[];
}

async function compareRates(
  server: EnginelessServer,
  sessionId: string,
  { rounds, seconds }: { rounds: number; seconds: number },
): Promise<Rates> {
  const request = signedRequest(server, "GetSessionStatus", { SessionId: sessionId });
  using bare = await startBareServer(await answerTo(server, request));
  const port = Number(new URL(server.endpoint).port);
  const rates: Rates = { bare: [], glaux: [], p99Ms: [] };
  for (const warmUp of [bare.port, port]) await load({ port: warmUp, request, connections, seconds: 2 });
  for (let round = 0; round < rounds; round++) {
    rates.bare.push((await load({ port: bare.port, request, connections, seconds })).requestsPerSecond);
    const loaded = await load({ port, request, connections, seconds });
    rates.glaux.push(loaded.requestsPerSecond);
    rates.p99Ms.push(percentile(loaded.latenciesMs, 0.99));
  }
  return rates;
}

function rowsOf({ bare, glaux, p99Ms }: Rates, bootMs: number, pages: Figure[]): Row[] {
  const ratio = median(glaux.map((rate, round) => rate / (bare[round] ?? NaN)));
  const clients = `${String(connections)} connections`;
  return [
    { figure: `bare node:http, ${clients}`, value: median(bare), unit: "/s", samples: bare },
    { figure: `signed GetSessionStatus, ${clients}`, value: median(glaux), unit: "/s", samples: glaux },
    ratioRow("signed GetSessionStatus / bare node:http", ratio, { atLeast: 0.35 }),
    { figure: "signed GetSessionStatus, p99", value: median(p99Ms), unit: "ms", below: 20 },
    { figure: `boot with ${String(stored)} stored sessions`, value: bootMs, unit: "ms", below: 3000 },
    ...pages.map(({ name, samples }) => medianRow(name, samples, { below: 5 })),
  ];
}
