// StartSession → IDLE with a pool member, one session after the other, by the two stock clients in turns.
import { AthenaClient } from "@aws-sdk/client-athena";
import type { BenchOptions } from "./bench.ts";
import { Boto3Starts } from "./boto3-starts.ts";
import { startSession } from "./glaux-session.ts";
import { startPooledServer } from "./pooled-server.ts";
import { latencyRows, type Row } from "./row.ts";

export async function hit({ rounds = 100 }: BenchOptions): Promise<Row[]> {
  await using server = await startPooledServer(2);
  await using boto3 = await Boto3Starts.connect(server);
  const client = new AthenaClient();
  const samples = { boto3: [] as number[], sdk: [] as number[] };
  let misses = 0;
  for (let round = 0; round < rounds; round++) {
    await server.filled();
    const [one] = await boto3.start(1);
    if (one?.hit) samples.boto3.push(one.ms);
    else misses++;
    if (one) await boto3.end([one]);
    await server.filled();
    const session = await startSession(client);
    if (session.isHit) samples.sdk.push(session.startToIdleMs);
    else misses++;
    await session.end();
    if (round % 10 === 9) console.error(`round ${String(round + 1)} of ${String(rounds)}`);
  }
  return [
    ...latencyRows("hit: StartSession → IDLE, boto3", samples.boto3, { p50: 20, p99: 50 }),
    ...latencyRows("hit: StartSession → IDLE, AWS SDK for JavaScript", samples.sdk),
    {
      figure: "misses although a member was ready, of all starts",
      value: misses / (2 * rounds),
      unit: "×",
      below: 0.01,
    },
  ];
}
