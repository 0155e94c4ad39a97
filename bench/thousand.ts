// A session's history must cost nothing. Compares a session's last calculations with its first, and measures
// what its processes have taken meanwhile.
import { AthenaClient } from "@aws-sdk/client-athena";
import type { BenchOptions } from "./bench.ts";
import { startSession, type BenchSession } from "./glaux-session.ts";
import { startPooledServer } from "./pooled-server.ts";
import { pssOf } from "./pss.ts";
import { medianRow, ratioRow, type Row } from "./row.ts";
import { median } from "./samples.ts";

const part = 100;
const collect = "import gc; gc.collect(); sc._jvm.System.gc()";

export async function thousand({ rounds = 1000 }: BenchOptions): Promise<Row[]> {
  await using server = await startPooledServer(0);
  const session = await startSession(new AthenaClient());
  // The first calculations are not measured: while they run, the compilers of JVM and Python work.
  for (let n = 0; n < part; n++) await session.run("x = 1 + 1");
  const before = await memoryAfter(session, server.home);
  const samples: number[] = [];
  while (samples.length < rounds) samples.push(await session.run("x = 1 + 1"));
  const after = await memoryAfter(session, server.home);
  await session.end();
  const first = samples.slice(0, part);
  const last = samples.slice(-part);
  return [
    medianRow(`the first ${String(part)} of ${String(rounds)} calculations`, first),
    medianRow(`the last ${String(part)}`, last),
    ratioRow("last / first", median(last) / median(first), { below: 1.15 }),
    { figure: "memory of session and server before, PSS", value: before, unit: "MB" },
    { figure: "… and how much more after", value: after - before, unit: "MB", below: 20 },
  ];
}

async function memoryAfter(session: BenchSession, home: string): Promise<number> {
  for (let n = 0; n < 2; n++) await session.run(collect);
  return pssOf(home);
}
