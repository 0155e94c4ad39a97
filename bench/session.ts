// What a session costs, cold and from the pool, beside bare PySpark, in turns.
import { AthenaClient } from "@aws-sdk/client-athena";
import { startBareSpark } from "./bare-spark.ts";
import type { BenchOptions } from "./bench.ts";
import { benchEngine } from "./engine.ts";
import { startSession } from "./glaux-session.ts";
import { startPooledServer } from "./pooled-server.ts";
import { medianRow, ratioRow, type Row } from "./row.ts";
import { median } from "./samples.ts";

const count = "spark.range(1000).count()";
const warmRounds = 30;

export async function session({ rounds = 7 }: BenchOptions): Promise<Row[]> {
  const engine = await benchEngine();
  const bare = { first: [] as number[], warm: [] as number[] };
  const cold = { idle: [] as number[], first: [] as number[], warm: [] as number[] };
  const pooled = { idle: [] as number[], query: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    await measureBare(bare, engine);
    await measureCold(cold);
    await measurePooled(pooled);
    console.error(`round ${String(round + 1)} of ${String(rounds)}`);
  }
  const bareFirst = median(bare.first);
  return [
    medianRow("bare PySpark: process → first count", bare.first),
    medianRow("cold: StartSession → IDLE", cold.idle, { below: 1500 }),
    medianRow("cold: StartSession → first count", cold.first),
    ratioRow("cold: StartSession → first count / bare", median(cold.first) / bareFirst, { below: 0.6 }),
    medianRow("pool: StartSession → IDLE", pooled.idle),
    medianRow("pool: first count of a session", pooled.query),
    ratioRow("pool: first count of a session / bare's process → first count", median(pooled.query) / bareFirst, {
      below: 0.15,
    }),
    medianRow("bare PySpark: warm count", bare.warm),
    medianRow("cold: warm count as a calculation", cold.warm),
    {
      figure: "warm count as a calculation − bare's",
      value: median(cold.warm) - median(bare.warm),
      unit: "ms",
      below: 15,
    },
  ];
}

async function measureBare(figures: { first: number[]; warm: number[] }, engine: { python: string; java: string }) {
  await using bare = await startBareSpark(engine);
  figures.first.push(bare.firstResultMs);
  for (let n = 0; n < warmRounds; n++) figures.warm.push(await bare.run(count));
}

// Each server has a client of its own, because a client remembers where its last server was.

async function measureCold(figures: { idle: number[]; first: number[]; warm: number[] }) {
  await using _server = await startPooledServer(0);
  const session = await startSession(new AthenaClient());
  figures.idle.push(session.startToIdleMs);
  figures.first.push(session.startToIdleMs + (await session.run(count)));
  for (let n = 0; n < warmRounds; n++) figures.warm.push(await session.run(count));
  await session.end();
}

async function measurePooled(figures: { idle: number[]; query: number[] }) {
  await using server = await startPooledServer(1);
  await server.filled();
  const session = await startSession(new AthenaClient());
  figures.idle.push(session.startToIdleMs);
  figures.query.push(await session.run(count));
  await session.end();
}
