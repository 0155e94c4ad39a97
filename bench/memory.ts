// The memory of a pool member, of a session after some work, and of the server. Beside them the memory of
// bare PySpark with the same heap limit and its UI on.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { AthenaClient } from "@aws-sdk/client-athena";
import { startBareSpark, type BareSpark } from "./bare-spark.ts";
import type { BenchOptions } from "./bench.ts";
import { benchEngine } from "./engine.ts";
import { startSession } from "./glaux-session.ts";
import { startPooledServer, type PooledServer } from "./pooled-server.ts";
import { pssOf, rssOfProcess } from "./pss.ts";
import { ratioRow, type Row } from "./row.ts";
import { median } from "./samples.ts";

/** spark.driver.memory's default, which bare PySpark has. */
const env = { GLAUX_DRIVER_MEMORY_MB: "1024" };
/**
 * How many drivers share the machine, and with it the pages of their programs, libraries and class archive.
 */
const several = 4;
/**
 * After 75 s of waiting a member collects garbage for the last time, and its JVM trims its native heap within
 * 15 s more.
 */
const settledMs = 95_000;
const trimmedMs = 18_000;
const collect = "import gc; gc.collect(); sc._jvm.System.gc(); sc._jvm.System.gc()";

export async function memory({ rounds = 3 }: BenchOptions): Promise<Row[]> {
  const samples = {
    bare: [] as number[],
    bareAnonymous: [] as number[],
    bareAfterWork: [] as number[],
    member: [] as number[],
    memberAnonymous: [] as number[],
    session: [] as number[],
    server: [] as number[],
    ofSeveralBare: [] as number[],
    ofSeveralMembers: [] as number[],
  };
  const engine = await benchEngine();
  for (let round = 0; round < rounds; round++) {
    {
      await using bare = await startBareSpark(engine);
      await delay(settledMs);
      await bare.run(collect);
      samples.bare.push(pssOf(bare.tag));
      samples.bareAnonymous.push(pssOf(bare.tag, "Pss_Anon"));
      const folder = await mkdtemp(join(tmpdir(), "glaux-bench-"));
      await bare.run(workload(`file://${folder}`));
      await rm(folder, { recursive: true });
      await bare.run(collect);
      await delay(trimmedMs);
      samples.bareAfterWork.push(pssOf(bare.tag));
    }
    {
      await using server = await startPooledServer(1, env);
      await settled(server);
      const [tag = ""] = server.members();
      samples.member.push(pssOf(tag));
      samples.memberAnonymous.push(pssOf(tag, "Pss_Anon"));
      const session = await startSession(new AthenaClient());
      await session.run(workload("s3://glaux-000000000000/bench"));
      await session.run(collect);
      await delay(trimmedMs);
      samples.session.push(pssOf(tag));
      samples.server.push(rssOfProcess(server.pid));
      await session.end();
    }
    {
      await using stack = new AsyncDisposableStack();
      const bare: BareSpark[] = [];
      while (bare.length < several) bare.push(stack.use(await startBareSpark(engine)));
      await delay(settledMs);
      for (const one of bare) await one.run(collect);
      samples.ofSeveralBare.push(mean(bare.map(({ tag }) => pssOf(tag))));
    }
    await using server = await startPooledServer(several, env);
    await settled(server);
    samples.ofSeveralMembers.push(mean(server.members().map((tag) => pssOf(tag))));
    console.error(`round ${String(round + 1)} of ${String(rounds)}`);
  }
  const of = (name: keyof typeof samples) => median(samples[name]);
  const row = (figure: string, name: keyof typeof samples, below?: number): Row => ({
    figure,
    value: of(name),
    unit: "MB",
    samples: samples[name],
    ...(below === undefined ? {} : { below }),
  });
  return [
    row("bare PySpark, idle after one count, alone", "bare"),
    row("pool member, idle, all its processes, alone", "member"),
    ratioRow("pool member / bare, each alone", of("member") / of("bare"), { below: 0.9 }),
    row("bare PySpark, alone, without pages of files", "bareAnonymous"),
    row("pool member, alone, without pages of files", "memberAnonymous"),
    ratioRow("pool member / bare, each alone, without pages of files", of("memberAnonymous") / of("bareAnonymous")),
    row("bare PySpark, one of four", "ofSeveralBare"),
    row("pool member, one of four", "ofSeveralMembers"),
    ratioRow("pool member / bare, each one of four", of("ofSeveralMembers") / of("ofSeveralBare"), { below: 0.9 }),
    row("bare PySpark after the workload", "bareAfterWork"),
    row("session after the same, all its processes", "session"),
    ratioRow("session after the workload / bare", of("session") / of("bareAfterWork"), { below: 0.85 }),
    row("the server, resident", "server", 120),
  ];
}

async function settled(server: PooledServer): Promise<void> {
  await server.filled();
  await delay(settledMs);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, one) => sum + one, 0) / values.length;
}

/** The work: a sum, parquet written and read, a group by, toPandas. */
function workload(folder: string): string {
  return `
spark.range(100000).selectExpr("sum(id)").collect()
spark.range(100000).selectExpr("id", "id % 7 as k").write.mode("overwrite").parquet("${folder}")
spark.read.parquet("${folder}").groupBy("k").count().collect()
spark.range(1000).toPandas()
`;
}
