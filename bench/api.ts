// What the front end costs. Signed GetSessionStatus requests come on 64 connections from another process. A
// bare node:http server that answers the same bytes is measured beside Glaux, in turns. Then pages of
// ListSessions over 10,000 stored sessions.
//
// The bar is on the requests a second, measured with one core for the load and one for the server. On a busy
// machine load and server share a core. The load's part of that core is the same for both servers, so it
// brings their two rates closer together. The CPU time that each server takes for a request does not depend
// on that.
import { rm } from "node:fs/promises";
import { startEnginelessServer, type EnginelessServer } from "../test/support/engineless-server.ts";
import { temporaryHome } from "../test/support/server.ts";
import type { BenchOptions } from "./bench.ts";
import { cpuSecondsOf } from "./load/cpu-time.ts";
import { load, startBareServer } from "./load/processes.ts";
import { timePages } from "./load/pages.ts";
import { answerTo, signedRequest } from "./load/signed-request.ts";
import { storeSessions } from "./load/stored-sessions.ts";
import { medianRow, ratioRow, type Row } from "./row.ts";
import { median, percentile, type Figure } from "./samples.ts";

const connections = 64;
const stored = 10_000;
const warmUpRequests = 50_000;

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

/** Samples of one server, one for each round. */
class Samples {
  readonly perSecond: number[] = [];
  readonly cpuUs: number[] = [];
  readonly p99Ms: number[] = [];
}

interface Rates {
  readonly bare: Samples;
  readonly glaux: Samples;
}

async function compareRates(
  server: EnginelessServer,
  sessionId: string,
  { rounds, seconds }: { rounds: number; seconds: number },
): Promise<Rates> {
  const request = signedRequest(server, "GetSessionStatus", { SessionId: sessionId });
  using bare = await startBareServer(await answerTo(server, request));
  const port = Number(new URL(server.endpoint).port);
  const rates: Rates = { bare: new Samples(), glaux: new Samples() };
  const both = [
    { port: bare.port, pid: bare.pid, samples: rates.bare },
    { port, pid: server.pid, samples: rates.glaux },
  ];
  for (const { port } of both) {
    // Bounded by number, not by time: on a busy machine V8 has not compiled all code of a request after two
    // seconds.
    for (let count = 0; count < warmUpRequests;)
      count += (await load({ port, request, connections, seconds: 1 })).latenciesMs.length;
  }
  for (let round = 0; round < rounds; round++) {
    for (const { port, pid, samples } of both) {
      const before = cpuSecondsOf(pid);
      const { requestsPerSecond, latenciesMs } = await load({ port, request, connections, seconds });
      samples.cpuUs.push(((cpuSecondsOf(pid) - before) * 1e6) / latenciesMs.length);
      samples.perSecond.push(requestsPerSecond);
      samples.p99Ms.push(percentile(latenciesMs, 0.99));
    }
  }
  return rates;
}

function rowsOf({ bare, glaux }: Rates, bootMs: number, pages: Figure[]): Row[] {
  const rateRatio = median(glaux.perSecond.map((rate, round) => rate / (bare.perSecond[round] ?? NaN)));
  const cpuRatio = median(glaux.cpuUs.map((us, round) => (bare.cpuUs[round] ?? NaN) / us));
  const clients = `${String(connections)} connections`;
  return [
    { figure: `bare node:http, ${clients}`, value: median(bare.perSecond), unit: "/s", samples: bare.perSecond },
    {
      figure: `signed GetSessionStatus, ${clients}`,
      value: median(glaux.perSecond),
      unit: "/s",
      samples: glaux.perSecond,
    },
    { figure: "bare node:http, CPU per request", value: median(bare.cpuUs), unit: "µs", samples: bare.cpuUs },
    {
      figure: "signed GetSessionStatus, CPU per request",
      value: median(glaux.cpuUs),
      unit: "µs",
      samples: glaux.cpuUs,
    },
    ratioRow("signed GetSessionStatus / bare node:http", rateRatio, { atLeast: 0.35 }),
    ratioRow("the same by CPU time: requests per CPU second", cpuRatio),
    { figure: "signed GetSessionStatus, p99", value: median(glaux.p99Ms), unit: "ms", below: 20 },
    { figure: `boot with ${String(stored)} stored sessions`, value: bootMs, unit: "ms", below: 3000 },
    ...pages.map(({ name, samples }) => medianRow(name, samples, { below: 5 })),
  ];
}
