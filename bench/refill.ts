// A user's query while the pool boots a driver beside it, and without such a boot.
import { AthenaClient } from "@aws-sdk/client-athena";
import type { BenchOptions } from "./bench.ts";
import { startSession } from "./glaux-session.ts";
import { startPooledServer } from "./pooled-server.ts";
import { medianRow, ratioRow, type Row } from "./row.ts";
import { median } from "./samples.ts";

/**
 * How long the query takes alone, on all cores. The pool boots half a second after a member was taken, and
 * for some seconds.
 */
const queryMs = 4_000;
const probeRows = 1_000_000_000;
const queryOf = (rows: number) => `spark.range(${String(rows)}).selectExpr('sum(hash(id)) as s').collect()`;

export async function refill({ rounds = 10 }: BenchOptions): Promise<Row[]> {
  const alone: number[] = [];
  const beside: number[] = [];
  await using server = await startPooledServer(1);
  const client = new AthenaClient();
  await server.filled();
  const session = await startSession(client);
  await server.filled();
  const probes: number[] = [];
  for (let n = 0; n < 3; n++) probes.push(await session.run(queryOf(probeRows)));
  const query = queryOf(Math.round((probeRows * queryMs) / median(probes)));
  for (let round = 0; round < rounds; round++) {
    await server.filled();
    alone.push(await session.run(query));
    // This session takes the member, so another one boots from now on.
    const other = await startSession(client);
    beside.push(await session.run(query));
    await other.end();
  }
  await session.end();
  return [
    medianRow("a query of seconds, the pool being full", alone),
    medianRow("the same right after a member was taken", beside),
    ratioRow("beside a refill / alone", median(beside) / median(alone), { below: 1.3 }),
  ];
}
