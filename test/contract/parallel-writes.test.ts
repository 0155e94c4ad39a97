// Sessions that write to the same folder at once, and a session that is killed while it writes, as the
// sessions' user and an S3 client see them.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { GetCalculationExecutionCommand } from "@aws-sdk/client-athena";
import { ListObjectsV2Command } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { athenaUser, type AthenaUser } from "../support/athena-user.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { waitFor } from "../support/wait-for.ts";

let server: TestServer;
let user: AthenaUser;
let bucket: string;
let one: string;
let two: string;

beforeAll(async () => {
  server = await startServer();
  user = athenaUser(server);
  [one, two] = await Promise.all([user.idleSession(), user.idleSession()]);
  bucket = readdirSync(join(server.home, "buckets"))[0] ?? "";
});
afterAll(async () => {
  user[Symbol.dispose]();
  await server[Symbol.asyncDispose]();
});

const append = (uri: string) => `
from pyspark.sql import functions as F

def append(day):
    frame = spark.range(1000).withColumn("day", F.lit(day)).repartition(4)
    frame.write.mode("append").partitionBy("day").parquet("${uri}")
`;

const count = async (uri: string) => Number(await user.print(one, `print(spark.read.parquet("${uri}").count())`));

/** The keys that an S3 client lists. */
async function keys(prefix: string): Promise<string[]> {
  const { Contents = [] } = await user.s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }));
  return Contents.map(({ Key = "" }) => Key);
}

test("six threads of a calculation append to one table, and no row is lost", async () => {
  const uri = `s3://${bucket}/threads`;
  const code = `${append(uri)}
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(6) as pool:
    list(pool.map(append, range(6)))
`;
  await user.print(one, code);
  expect(await count(uri)).toBe(6000);
});

test("two sessions append to one table, and no row is lost", async () => {
  const uri = `s3://${bucket}/sessions`;
  const days = (from: number) => `${append(uri)}\nfor day in range(${String(from)}, ${String(from + 5)}): append(day)`;
  await Promise.all([user.print(one, days(0)), user.print(two, days(5))]);
  expect(await count(uri)).toBe(10_000);
});

test("a session that is killed while it writes leaves no file in part, and no attempt", async () => {
  const uri = `s3://${bucket}/killed`;
  const killed = await user.idleSession();
  const code = `
import os, time
from pyspark.sql.functions import udf
spark.range(100).write.parquet("${uri}")
slow = udf(lambda number: (time.sleep(0.05), number)[1], "long")
print(spark._jvm.java.lang.ProcessHandle.current().pid(), flush=True)
spark.range(100000).select(slow("id")).write.mode("append").parquet("${uri}")
`;
  const calculation = await user.start(killed, code);
  const { WorkingDirectory: folder = "" } = await user.athena.send(
    new GetCalculationExecutionCommand({ CalculationExecutionId: calculation }),
  );
  // The calculation prints this id when its first write is over.
  const pid = await waitFor("the JVM's id", async () => {
    const printed = await user.text(`${folder}/stdout`).catch(() => "");
    return Number(printed.trim()) || undefined;
  });
  const attempts = join(server.home, "buckets", bucket, "_temporary");
  const jobs = () => (existsSync(attempts) ? readdirSync(attempts, { recursive: true }) : []);
  const isWriting = () => jobs().some((name) => String(name).includes("part-")) || undefined;
  await waitFor("a file that is being written", isWriting);
  const before = await keys("killed/");
  expect((await keys("")).filter((key) => key.includes("_temporary"))).toEqual([]);

  process.kill(pid, "SIGKILL");
  await user.sessionIn(killed, "FAILED");
  await waitFor("the attempts' removal", () =>
    jobs().every((name) => !String(name).includes("part-")) ? true : undefined,
  );
  expect(await keys("killed/")).toEqual(before);
  expect(await count(uri)).toBe(100);
});
