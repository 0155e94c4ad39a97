// Sessions started at once: as many as the pool has members, and four times as many.
import type { BenchOptions } from "./bench.ts";
import { Boto3Starts } from "./boto3-starts.ts";
import { startPooledServer } from "./pooled-server.ts";
import { latencyRows, type Row } from "./row.ts";

const members = 4;

export async function burst({ rounds = 25 }: BenchOptions): Promise<Row[]> {
  await using server = await startPooledServer(members, { GLAUX_DRIVER_MEMORY_MB: "512" });
  await using boto3 = await Boto3Starts.connect(server);
  const four: number[] = [];
  const hits: number[] = [];
  const misses: number[] = [];
  for (let round = 0; round < rounds; round++) {
    await server.filled();
    const some = await boto3.start(members);
    four.push(...some.map(({ ms }) => ms));
    await boto3.end(some);
    await server.filled();
    const many = await boto3.start(4 * members);
    for (const { hit, ms } of many) (hit ? hits : misses).push(ms);
    await boto3.end(many);
    console.error(`round ${String(round + 1)} of ${String(rounds)}`);
  }
  return [
    ...latencyRows("4 at once, pool of 4: StartSession → IDLE, boto3", four, { p99: 250 }),
    ...latencyRows("16 at once, pool of 4: the hits", hits),
    ...latencyRows("16 at once, pool of 4: the others", misses),
  ];
}
