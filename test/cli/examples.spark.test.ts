// `glaux examples` and the programs in examples/, run as by a newcomer. Needs the package index, as
// installing an engine does.
import { appendFileSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { packageFolder } from "../../bin/run-node.mjs";
import { startServer, type TestServer } from "../support/server.ts";
import { runGlaux } from "./glaux.ts";

let server: TestServer;
let session: string;
beforeAll(async () => {
  server = await startServer();
  const { stderr } = await runGlaux(server.env, ["run", "--keep", "-c", ""]);
  session = /Session (\S+) is kept/.exec(stderr)?.[1] ?? "";
});
afterAll(() => server[Symbol.asyncDispose]());

const runExample = (name: string) =>
  runGlaux(server.env, ["run", "--session", session, join(packageFolder, "examples", name)]);

test("the flights are put into the bucket once, and damage is mended", async () => {
  const bucket = join(server.home, "buckets/glaux-examples");
  const flights = join(bucket, "nycflights13/flights/flights.csv");
  const first = await runGlaux(server.env, ["examples"]);
  expect(first).toMatchObject({ code: 0, stderr: "" });
  expect(first.stdout).toMatch(/flights\.csv +336,776 rows {2}written\n/);
  expect(readFileSync(flights, "utf8").trimEnd().split("\n")).toHaveLength(336_777);
  expect(readdirSync(join(bucket, "nycflights13")).sort()).toEqual([
    "airlines",
    "airports",
    "flights",
    "planes",
    "weather",
  ]);

  const before = statSync(flights);
  const second = await runGlaux(server.env, ["examples"]);
  expect(second.stdout).not.toContain("written");
  expect(statSync(flights)).toMatchObject({ ino: before.ino, mtimeMs: before.mtimeMs });

  appendFileSync(flights, "1,2,3\n");
  const third = await runGlaux(server.env, ["examples"]);
  expect(third.stdout.match(/written/g)).toHaveLength(1);
  expect(statSync(flights).size).toBe(before.size);
  expect(readdirSync(join(server.home, "buckets")).filter((name) => name.startsWith("."))).toEqual([]);
});

test("flights.py reads them, writes parquet, reads it back, and ranks the airlines", async () => {
  const { code, stdout, stderr } = await runExample("flights.py");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/^336,776 flights\n336,776 flights read back from \S+, in 12 partitions\n/);
  const rows = stdout.split("\n").filter((line) => /^\|[A-Z0-9]{2} /.test(line));
  expect(rows).toHaveLength(16);
  expect(rows[0]).toMatch(/^\|F9 +\|Frontier Airlines Inc\. +\|681 +\|20\.2 +\|21\.9 +\|/);
  const parquet = join(server.home, "buckets/glaux-examples/out/flights");
  expect(readdirSync(parquet).filter((name) => name.startsWith("month="))).toHaveLength(12);
});

test.each([
  ["word_count.py", "17 words, 8 different ones; the most frequent is 'the'."],
  ["sql_magic.py", "| shipped|     2|     25.8|"],
  ["temp_views.py", "|     Ada|     2|     58.3|       1|"],
  ["udf.py", "|  NY|  2|      77.0|"],
  ["plot.py", "11 bars drawn"],
])("%s", async (name, line) => {
  const { code, stdout, stderr } = await runExample(name);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout.split("\n")).toContain(line);
});
