// Sessions with Spark properties that a live context does not take: such a session gets a warm JVM with a
// fresh context.
import type { BenchOptions } from "./bench.ts";
import { Boto3Starts } from "./boto3-starts.ts";
import { startPooledServer } from "./pooled-server.ts";
import { latencyRows, type Row } from "./row.ts";

export async function context({ rounds = 15 }: BenchOptions): Promise<Row[]> {
  await using server = await startPooledServer(1);
  await using boto3 = await Boto3Starts.connect(server);
  const samples: number[] = [];
  for (let round = 0; round < rounds; round++) {
    await server.filled();
    // Each session has another value, so that no member is made for it.
    const started = await boto3.start(1, { "spark.scheduler.mode": "FAIR", "spark.app.name": `job ${String(round)}` });
    samples.push(...started.map(({ ms }) => ms));
    await boto3.end(started);
  }
  return latencyRows("context-static property: StartSession → IDLE, boto3", samples, { p50: 800 });
}
