// Sessions with the Spark properties that clients send by their own switches, and with those that AWS's
// services set. Such sessions start, calculate, write and read, and show the properties as they were sent.
// The clients' table formats need jars of their own, so they have their own tests.
import { GetSessionCommand, StartSessionCommand, TerminateSessionCommand } from "@aws-sdk/client-athena";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { awsProperties, clientProperties, filled, type SentProperty } from "../clients/sent-properties.ts";
import { athenaUser, type AthenaUser } from "../support/athena-user.ts";
import { startServer, type TestServer } from "../support/server.ts";

// SageMaker's properties make a Hive catalog, which takes time.
vi.setConfig({ testTimeout: 240_000 });

let server: TestServer;
let user: AthenaUser;

beforeAll(async () => {
  server = await startServer({ env: { TZ: "Asia/Kolkata" } });
  user = athenaUser(server);
});
afterAll(async () => {
  user[Symbol.dispose]();
  await server[Symbol.asyncDispose]();
});

/** All properties of these senders, without those of table formats and catalogs. */
function propertiesOf(...senders: string[]): Record<string, string> {
  const needsJars = ({ key, value }: SentProperty) =>
    /^spark\.sql\.catalog\.(spark_catalog|<catalog_name>)/.test(key) ||
    /^org\.apache\.(iceberg|spark\.sql\.hudi)|^io\.delta/.test(value);
  const sent = [...clientProperties, ...awsProperties].filter(({ from }) => senders.includes(from));
  const usable = sent.filter((one) => !needsJars(one));
  expect(usable).not.toEqual([]);
  return Object.fromEntries(usable.map(({ key, value }) => [filled(key), filled(value)]));
}

/** The code of calculations, and what each prints. */
const work: readonly (readonly [code: string, printed: string])[] = [
  ["print('ROWS', spark.range(1000).repartition(4).groupBy('id').count().count())", "ROWS 1000\n"],
  [
    [
      "import uuid",
      "folder = 's3://glaux-000000000000/properties/' + uuid.uuid4().hex",
      "rows = spark.range(20).selectExpr('id', 'id % 2 as half')",
      "rows.write.parquet(folder + '/plain')",
      "rows.write.partitionBy('half').parquet(folder + '/parts')",
      "rows.write.csv(folder + '/csv')",
      "print(*[spark.read.parquet(folder + part).count() for part in ('/plain', '/parts')])",
      "print(spark.read.csv(folder + '/csv').count())",
    ].join("\n"),
    "20 20\n20\n",
  ],
  ["rows.write.saveAsTable('kept')", ""],
  ["print(spark.sql('select sum(id) as total from kept where half = 1').first().total)", "100\n"],
];

const asProperties = (properties: Record<string, string>) => ({ SparkProperties: properties });
const asClassification = (properties: Record<string, string>) => ({
  Classifications: [{ Name: "spark-defaults", Properties: properties }],
});

test.each([
  ["the console's and dbt's switches", asProperties(propertiesOf("Athena's console", "dbt-athena"))],
  ["SageMaker Unified Studio's", asClassification(propertiesOf("sagemaker-studio"))],
  [
    "the defaults of Athena and EMR",
    asProperties(propertiesOf("Athena's defaults", "EMR Serverless's defaults", "EMR's defaults")),
  ],
])("%s", async (_, EngineConfiguration) => {
  const id = await user.idleSession({ EngineConfiguration });
  for (const [code, printed] of work) expect(await user.print(id, code)).toBe(printed);
  const shown = await user.athena.send(new GetSessionCommand({ SessionId: id }));
  expect(shown.EngineConfiguration).toMatchObject(EngineConfiguration);
  await user.athena.send(new TerminateSessionCommand({ SessionId: id }));
});

test("tables lie in the bucket that a session names, and jobs leave no _SUCCESS where it says so", async () => {
  const SparkProperties = {
    "spark.sql.warehouse.dir": "s3://glaux-000000000000/tables",
    "spark.hadoop.mapreduce.fileoutputcommitter.marksuccessfuljobs": "false",
  };
  const id = await user.idleSession({ EngineConfiguration: { SparkProperties } });
  const code = [
    "spark.range(3).write.saveAsTable('three')",
    "folder = sc._jvm.org.apache.hadoop.fs.Path('s3://glaux-000000000000/tables/three')",
    "files = folder.getFileSystem(sc._jsc.hadoopConfiguration()).listStatus(folder)",
    "print(sorted({file.getPath().getName().split('.')[-1] for file in files}))",
  ].join("\n");
  expect(await user.print(id, code)).toBe("['parquet']\n");
});

test("a session is on UTC although the service is in Kolkata", async () => {
  const id = await user.idleSession();
  const code = [
    "import datetime",
    "from pyspark.sql.functions import udf",
    "clock = lambda seconds: str(datetime.datetime.fromtimestamp(seconds))",
    "print(clock(0), spark.range(1).select(udf(clock)('id')).first()[0], spark.sql('select from_unixtime(0)').first()[0])",
  ].join("\n");
  expect(await user.print(id, code)).toBe("1970-01-01 00:00:00 1970-01-01 00:00:00 1970-01-01 00:00:00\n");
});

test("what asks for more than the session is refused by name, and a class that is missing is named", async () => {
  const reasonFor = async (SparkProperties: Record<string, string>) => {
    const started = await user.athena.send(
      new StartSessionCommand({ WorkGroup: "primary", EngineConfiguration: { SparkProperties } }),
    );
    await user.sessionIn(started.SessionId!, "FAILED");
    return (await user.sessionStatus(started.SessionId!)).StateChangeReason;
  };
  expect(
    await reasonFor({ "spark.driver.bindAddress": "0.0.0.0", "spark.files": "s3://b/f", "spark.authenticate": "true" }),
  ).toBe(
    "These Spark properties cannot be set in a session: spark.driver.bindAddress (a session listens on loopback only), spark.files (a session fetches nothing)",
  );
  expect(await reasonFor({ "spark.extraListeners": "no.such.Listener" })).toContain("no.such.Listener");
});
