// What is held by a pool member, by a session after some work, and by the server, beside bare PySpark with the same heap limit and its UI on.
import { AthenaClient } from "@aws-sdk/client-athena";
import { startBareSpark } from "./bare-spark.ts";
import type { BenchOptions } from "./bench.ts";
import { benchEngine } from "./engine.ts";
import { startSession } from "./glaux-session.ts";
import { startPooledServer } from "./pooled-server.ts";
import { pssOf, rssOfProcess } from "./pss.ts";
import { ratioRow, type Row } from "./row.ts";
import { median } from "./samples.ts";

/** spark.driver.memory's default, which bare PySpark has. */
const heapMb = 1024;
const collect = "import gc; gc.collect(); sc._jvm.System.gc(); sc._jvm.System.gc()";

export async function memory({ rounds = 3 }: BenchOptions): Promise<Row[]> {
  const figures = { bareIdle: [], member: [], bareWorked: [], worked: [], server: [] } as Record<string, number[]>;
  const engine = await benchEngine();
  for (let round = 0; round < rounds; round++) {
    {
      await using bare = await startBareSpark(engine);
      await bare.run(collect);
      figures["bareIdle"]?.push(pssOf(bare.tag));
      await bare.run(workload(`file:///tmp/glaux-bench-${String(process.pid)}-${String(round)}`));
      await bare.run(collect);
      figures["bareWorked"]?.push(pssOf(bare.tag));
    }
    await using server = await startPooledServer(1, { GLAUX_DRIVER_MEMORY_MB: String(heapMb) });
    await server.filled();
    const [tag = ""] = server.members();
    figures["member"]?.push(pssOf(tag));
    const session = await startSession(new AthenaClient());
    await session.run(workload("s3://glaux-000000000000/bench"));
    await session.run(collect);
    figures["worked"]?.push(pssOf(tag));
    figures["server"]?.push(rssOfProcess(server.pid));
    await session.end();
  }
  const of = (name: string) => median(figures[name] ?? []);
  const row = (figure: string, name: string, below?: number): Row => ({
    figure,
    value: of(name),
    unit: "MB",
    samples: figures[name] ?? [],
    ...(below === undefined ? {} : { below }),
  });
  return [
    row("bare PySpark, idle after one count", "bareIdle"),
    row("pool member, idle, all its processes", "member"),
    ratioRow("pool member / bare", of("member") / of("bareIdle"), { below: 0.9 }),
    row("bare PySpark after the workload", "bareWorked"),
    row("session after the same, all its processes", "worked"),
    ratioRow("session after the workload / bare", of("worked") / of("bareWorked"), { below: 0.85 }),
    row("the server, resident", "server", 120),
  ];
}

/** Sum, parquet written and read, group by, toPandas. */
function workload(folder: string): string {
  return `
spark.range(100000).selectExpr("sum(id)").collect()
spark.range(100000).selectExpr("id", "id % 7 as k").write.mode("overwrite").parquet("${folder}")
spark.read.parquet("${folder}").groupBy("k").count().collect()
spark.range(1000).toPandas()
`;
}
