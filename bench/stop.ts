import {
  GetCalculationExecutionCommand,
  GetCalculationExecutionStatusCommand,
  StopCalculationExecutionCommand,
} from "@aws-sdk/client-athena";
import { athenaUser, type AthenaUser } from "../test/support/athena-user.ts";
import { waitFor } from "../test/support/wait-for.ts";
import type { BenchOptions } from "./bench.ts";
import { startPooledServer } from "./pooled-server.ts";
import { medianRow, type Row } from "./row.ts";
import { percentile } from "./samples.ts";

interface Case {
  readonly name: string;
  /** The code that is stopped. It runs after `print('begun')`. */
  readonly code: string;
  /** The bar of the 95th percentile, in milliseconds. */
  readonly barMs: number;
}

const job = "spark.range(10 ** 13).selectExpr('sum(hash(id))').collect()";
const cases: Case[] = [
  { name: "a loop", code: "while True: pass", barMs: 1_000 },
  { name: "time.sleep", code: "import time\ntime.sleep(600)", barMs: 1_000 },
  { name: "a Spark job", code: job, barMs: 1_000 },
  {
    name: "a job of a thread",
    code: `import threading\nt = threading.Thread(target=lambda: ${job})\nt.start()\nt.join()`,
    barMs: 1_000,
  },
  { name: "a child process", code: "import subprocess\nsubprocess.run(['sleep', '600'])", barMs: 1_000 },
  { name: "os.system", code: "import os\nos.system('sleep 600')", barMs: 1_000 },
  { name: "a call into the JVM", code: "sc._jvm.java.lang.Thread.sleep(600000)", barMs: 1_000 },
  {
    name: "a handler that swallows",
    code: "import time\nwhile True:\n  try: time.sleep(600)\n  except BaseException: pass",
    barMs: 1_000,
  },
  {
    name: "a Python UDF that sleeps",
    code: "import time\nsc.parallelize([1, 2], 2).map(lambda x: time.sleep(600)).count()",
    barMs: 6_000,
  },
  {
    name: "a Python UDF that never yields",
    code: "def f(x):\n  while True: pass\nsc.parallelize([1, 2], 2).map(f).count()",
    barMs: 6_000,
  },
  { name: "C code: its process is replaced", code: "sum(range(10 ** 13))", barMs: 9_000 },
];

/**
 * The time from StopCalculationExecution until CANCELED is seen, for several things that code may be doing,
 * in one session.
 */
export async function stop({ rounds = 10 }: BenchOptions): Promise<Row[]> {
  await using server = await startPooledServer(0);
  using user = athenaUser(server);
  const session = await user.idleSession();
  await user.print(
    session,
    "from pyspark.sql.functions import udf\nspark.range(2).select(udf(lambda x: x)('id')).collect()",
  );
  const samples = cases.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, { code }] of cases.entries()) samples[index]?.push(await stopMs(user, session, code));
    console.error(`round ${String(round + 1)} of ${String(rounds)}`);
  }
  return cases.flatMap(({ name, barMs }, index) => {
    const found = samples[index] ?? [];
    return [
      medianRow(name, found),
      { figure: `${name}, p95`, value: percentile(found, 0.95), unit: "ms" as const, below: barMs },
    ];
  });
}

async function stopMs(user: AthenaUser, session: string, code: string): Promise<number> {
  await user.sessionIn(session, "IDLE");
  const id = await user.start(session, `print('begun')\n${code}`);
  const { athena } = user;
  const { WorkingDirectory = "" } = await athena.send(
    new GetCalculationExecutionCommand({ CalculationExecutionId: id }),
  );
  await waitFor("the code's beginning", async () =>
    (await user.text(`${WorkingDirectory}/stdout`).catch(() => "")).includes("begun") ? true : undefined,
  );
  await new Promise((resolve) => setTimeout(resolve, 1_000)); // so that jobs and children are under way
  const askedAt = performance.now();
  await athena.send(new StopCalculationExecutionCommand({ CalculationExecutionId: id }));
  for (;;) {
    const { Status } = await athena.send(new GetCalculationExecutionStatusCommand({ CalculationExecutionId: id }));
    if (Status?.State === "CANCELED") return performance.now() - askedAt;
    if (Status?.State !== "CANCELING")
      throw new Error(`It is ${String(Status?.State)}: ${Status?.StateChangeReason ?? ""}`);
  }
}
