// Iceberg and Delta as their clients use them: an engine with the jars, a pool member that waits with the
// clients' properties, tables in buckets.
import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StartSessionCommand, TerminateSessionCommand } from "@aws-sdk/client-athena";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { enginesFolder } from "../../scripts/test/environment.ts";
import { readyConf } from "../../src/domain/ready-shapes.ts";
import { buildName } from "../../src/engines/builds.ts";
import { type Engine, EngineError, findEngine, installEngine } from "../../src/engines/engines.ts";
import { findPython } from "../../src/engines/python.ts";
import { engineSpecs, fetchedJars } from "../../src/engines/specs.ts";
import { runGlaux } from "../cli/glaux.ts";
import { athenaUser, type AthenaUser } from "../support/athena-user.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { saidInLog } from "../support/service-log.ts";
import { waitFor } from "../support/wait-for.ts";

vi.setConfig({ testTimeout: 600_000 });
const formats = ["iceberg", "delta"] as const;
const bucket = "s3://glaux-000000000000";

let folder: string;
let engine: Engine | undefined;
let notInstalled: string | undefined;
let server: TestServer;
let user: AthenaUser;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "glaux-tables-"));
  try {
    engine = await installWithFormats();
  } catch (error) {
    if (!(error instanceof EngineError && error.message.includes("could not be fetched"))) throw error;
    notInstalled = error.message.split("\n")[0];
    return;
  }
  // The pool has room for one member of each format. That the default comes first is tested in
  // test/pool/ready-made.test.ts.
  server = await startServer({ env: { GLAUX_ENGINES: folder, GLAUX_POOL_MIN: "0", GLAUX_POOL_MAX: "2" } });
  user = athenaUser(server);
}, 600_000);
afterAll(async () => {
  if (engine) {
    user[Symbol.dispose]();
    await server[Symbol.asyncDispose]();
  }
  await rm(folder, { recursive: true, force: true });
});
beforeEach(({ skip }) => {
  if (notInstalled !== undefined) skip(`not to be had here: ${notInstalled}`);
});

/**
 * Installs an engine from the point where pip has ended: its Python packages are those of the engine that the
 * other tests use.
 */
async function installWithFormats(): Promise<Engine> {
  const spec = engineSpecs["3.5"];
  const installed = await findEngine(enginesFolder, "3.5", { rebuild: false });
  const python = await findPython(spec, { env: process.env });
  const build = join(folder, "3.5", await buildName(spec, python, formats));
  await mkdir(build, { recursive: true });
  const packages = installed && join(installed.python, "../../..");
  for (const name of packages === undefined ? [] : ["venv", "stamps"])
    expect(spawnSync("cp", ["-a", join(packages ?? "", name), build]).status).toBe(0);
  const signal = new AbortController().signal;
  const made = await installEngine(folder, "3.5", {
    with: formats,
    env: process.env,
    progress: () => undefined,
    signal,
  });
  expect((await readdir(join(build, "jars"))).sort()).toEqual(
    fetchedJars(spec, formats)
      .map(({ fileName }) => fileName)
      .sort(),
  );
  return made;
}

const said = (message: string) => saidInLog(server.home, message);

async function start(SparkProperties: Record<string, string>) {
  const EngineConfiguration = { SparkProperties };
  const { SessionId = "", State } = await user.athena.send(
    new StartSessionCommand({ WorkGroup: "primary", EngineConfiguration }),
  );
  await user.sessionIn(SessionId, "IDLE");
  const { stdout } = await runGlaux(server.env, ["sessions", "show", SessionId]);
  return { id: SessionId, state: State, origin: /Driver +(.*)/.exec(stdout)?.[1] };
}
const end = (id: string) => user.athena.send(new TerminateSessionCommand({ SessionId: id }));

test("the archive is made with the jars", () => {
  expect(engine?.with).toEqual(formats);
  expect(engine?.archive).toBeDefined();
  expect(engine?.jars.at(-3)).toContain("iceberg-spark-runtime");
});

/** Members boot at low priority, so on a busy machine they take long. */
const untilBothAreReady = () =>
  waitFor("two pool members", () => (said("a pool member is ready").length >= 2 ? true : undefined), {
    withinMs: 500_000,
  });

test("a member for each format boots, and warms itself up with its properties", async () => {
  await untilBothAreReady();
  const kinds = said("a pool member boots").map(({ conf }) => conf);
  expect(kinds.slice(0, 2)).toEqual([Object.keys(readyConf.iceberg), Object.keys(readyConf.delta)]);
});

test("Delta: what its clients send is served by a member that waits, and tables by path keep every commit of its threads", async () => {
  await untilBothAreReady();
  const { id, state, origin } = await start(readyConf.delta);
  expect([state, origin]).toEqual(["IDLE", "from the warm pool"]);
  const path = `${bucket}/delta/numbers`;
  const code = [
    "from concurrent.futures import ThreadPoolExecutor",
    // By default, Delta looks at a table of a few rows in 50 tasks at every commit, and Spark merges it in
    // 200.
    "spark.conf.set('spark.databricks.delta.snapshotPartitions', 2)",
    "spark.conf.set('spark.sql.shuffle.partitions', 2)",
    `spark.range(5).write.format('delta').save('${path}')`,
    "def append(n):",
    `    spark.range(n, n + 1).write.format('delta').mode('append').save('${path}')`,
    "with ThreadPoolExecutor(4) as pool:",
    "    list(pool.map(append, range(5, 9)))",
    `spark.sql("DELETE FROM delta.\`${path}\` WHERE id = 0")`,
    `spark.sql("MERGE INTO delta.\`${path}\` t USING (SELECT explode(array(1L, 99L)) AS id) s ON t.id = s.id WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT *")`,
    `table = spark.read.format('delta').load('${path}')`,
    "print(sorted(row.id for row in table.collect()))",
    `print(spark.sql("DESCRIBE HISTORY delta.\`${path}\`").count())`,
    `print(spark.read.format('delta').option('versionAsOf', 0).load('${path}').count())`,
    "spark.sql('CREATE TABLE own (n INT) USING delta')",
    "spark.sql('INSERT INTO own VALUES (7)')",
    "print(spark.table('own').first().n)",
  ].join("\n");
  const ids = [...Array.from({ length: 7 }, (_, n) => n + 2), 99].join(", ");
  expect(await user.print(id, code)).toBe(`[${ids}]\n7\n5\n7\n`);
  await end(id);
});

test("Iceberg: what its clients send is served by a member that waits, with the session's own catalog in place of Glue's", async () => {
  await untilBothAreReady();
  const { id, state, origin } = await start(readyConf.iceberg);
  expect([state, origin]).toEqual(["IDLE", "from the warm pool"]);
  const code = [
    "print(spark.range(5).count())",
    "spark.range(3).createOrReplaceTempView('three')",
    `spark.table('three').write.parquet('${bucket}/iceberg/plain')`,
    "spark.sql('CREATE DATABASE shop')",
    "spark.sql('CREATE TABLE shop.plain USING parquet AS SELECT * FROM three')",
    "spark.sql('CREATE TABLE shop.orders (id BIGINT, what STRING) USING iceberg')",
    "spark.sql(\"INSERT INTO shop.orders VALUES (1, 'tea'), (2, 'ink')\")",
    "spark.sql(\"UPDATE shop.orders SET what = 'oil' WHERE id = 2\")",
    "print(spark.table('shop.plain').count(), [row.what for row in spark.sql('SELECT * FROM shop.orders ORDER BY id').collect()])",
  ].join("\n");
  expect(await user.print(id, code)).toBe("5\n3 ['tea', 'oil']\n");
  await end(id);
});

test("Iceberg: a Hadoop catalog in a bucket keeps every commit of a session's threads, and the next session goes on with it", async () => {
  const lake = {
    "spark.sql.extensions": readyConf.iceberg["spark.sql.extensions"] ?? "",
    "spark.sql.catalog.lake": "org.apache.iceberg.spark.SparkCatalog",
    "spark.sql.catalog.lake.type": "hadoop",
    "spark.sql.catalog.lake.warehouse": `${bucket}/warehouse`,
  };
  const first = await start(lake);
  expect(
    await user.print(
      first.id,
      [
        "from concurrent.futures import ThreadPoolExecutor",
        "spark.sql(\"CREATE TABLE lake.shop.orders (id BIGINT) USING iceberg TBLPROPERTIES ('commit.retry.num-retries' = '50')\")",
        "with ThreadPoolExecutor(4) as pool:",
        "    list(pool.map(lambda n: spark.sql(f'INSERT INTO lake.shop.orders VALUES ({n})'), range(6)))",
        "print(spark.table('lake.shop.orders').count(), spark.table('lake.shop.orders.snapshots').count())",
      ].join("\n"),
    ),
  ).toBe("6 6\n");
  await end(first.id);
  const second = await start(lake);
  const merge =
    "MERGE INTO lake.shop.orders t USING (SELECT explode(array(1L, 99L)) AS id) s ON t.id = s.id WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT *";
  expect(
    await user.print(
      second.id,
      `spark.sql('${merge}')\nprint(sorted(row.id for row in spark.table('lake.shop.orders').collect()))`,
    ),
  ).toBe("[0, 2, 3, 4, 5, 99]\n");
  await end(second.id);
});
