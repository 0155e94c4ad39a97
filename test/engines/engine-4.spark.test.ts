// What a user does with sessions, on Spark 4. Everything else is tested on 3.5, because the engines share all
// code except Spark's and a few branches of the driver's.
import * as sdk from "@aws-sdk/client-athena";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { enginesFolder } from "../../scripts/test/environment.ts";
import { findEngine } from "../../src/engines/engines.ts";
import { findPython } from "../../src/engines/python.ts";
import { engineSpecs } from "../../src/engines/specs.ts";
import { athenaUser, type AthenaUser } from "../support/athena-user.ts";
import { startServer, type TestServer } from "../support/server.ts";

const engine = await findEngine(enginesFolder, "4", { rebuild: false });
const whyMissing = engine
  ? undefined
  : await findPython(engineSpecs["4"], { env: process.env }).then(() => undefined, reasonOf);

let server: TestServer;
let user: AthenaUser;
let session: string;

beforeAll(async () => {
  if (!engine) return;
  server = await startServer();
  user = athenaUser(server);
  await user.athena.send(
    new sdk.CreateWorkGroupCommand({
      Name: "four",
      Configuration: { EngineVersion: { SelectedEngineVersion: "Apache Spark version 4" } },
    }),
  );
  session = await user.idleSession({ WorkGroup: "four" });
});
afterAll(async () => {
  if (!engine) return;
  user[Symbol.dispose]();
  await server[Symbol.asyncDispose]();
});
beforeEach(({ skip }) => {
  if (engine) return;
  skip(
    whyMissing === undefined
      ? "engine 4 is not installed: glaux engines install 4"
      : `not to be had here: ${whyMissing}`,
  );
});

describe("Apache Spark version 4", () => {
  test("is offered, and is what the session runs on", async () => {
    const { EngineVersions } = await user.athena.send(new sdk.ListEngineVersionsCommand({}));
    const name = "Apache Spark version 4";
    expect(EngineVersions).toContainEqual({ SelectedEngineVersion: name, EffectiveEngineVersion: name });
    const { EngineVersion } = await user.athena.send(new sdk.GetSessionCommand({ SessionId: session }));
    expect(EngineVersion).toBe(name);
    expect(await user.print(session, "print(spark.version)")).toMatch(/^4\.\d+\.\d+\n$/);
  });

  test("runs on a Python that Spark 3.5 does not take, in its tasks, too", async ({ skip }) => {
    const { python = "" } = engine?.versions ?? {};
    const minor = Number(python.split(".")[1]);
    if (minor <= 12) return skip(`not to be had here: engine 4 is installed with Python ${python}`);
    const code = `
import sys
import pandas as pd
import pyspark.pandas as ps
from pyspark.sql.functions import pandas_udf, udf

@pandas_udf("long")
def doubled(numbers: pd.Series) -> pd.Series:
    return numbers * 2

print(sys.version_info[1], sc.parallelize([0]).map(lambda _: sys.version_info[1]).collect())
print([tuple(row) for row in spark.range(2).select(udf(str)("id"), doubled("id")).collect()])
print(ps.DataFrame({"a": [1, 1, 2], "b": [3.0, float("nan"), 5.0]}).groupby("a")["b"].mean().sort_index().tolist())
`;
    const printed = [`${String(minor)} [${String(minor)}]`, "[('0', 0), ('1', 2)]", "[3.0, 5.0]", ""].join("\n");
    expect(await user.print(session, code)).toBe(printed);
  });

  test("keeps variables and views from calculation to calculation, and runs Python functions in its tasks", async () => {
    await user.print(session, "def double(n):\n    return 2 * n\nspark.range(5).createOrReplaceTempView('five')");
    const code = [
      "from pyspark.sql.functions import udf",
      "print([row[0] for row in spark.table('five').select(udf(double, 'long')('id')).collect()])",
    ].join("\n");
    expect(await user.print(session, code)).toBe("[0, 2, 4, 6, 8]\n");
  });

  test("reads and writes buckets", async () => {
    const code = [
      "spark.range(10).withColumnRenamed('id', 'n').write.parquet('s3://glaux-000000000000/four/')",
      "print(spark.read.parquet('s3a://glaux-000000000000/four/').filter('n > 6').count())",
    ].join("\n");
    expect(await user.print(session, code)).toBe("3\n");
  });

  test("answers SQL magics as tables", async () => {
    expect(await user.print(session, "%%sql\nSELECT count(*) AS n FROM five")).toContain("|  5|");
  });

  test("says what failed, in the block's own lines", async () => {
    const { state, reason, stderr } = await user.run(session, "fine = 1\nfoobar");
    expect([state, reason]).toEqual(["FAILED", "NameError: name 'foobar' is not defined"]);
    expect(stderr).toBe("File \"<stdin>\", line 2, in <module>\nNameError: name 'foobar' is not defined\n");
    expect((await user.run(session, "spark.table('nowhere')")).reason).toContain("[TABLE_OR_VIEW_NOT_FOUND]");
  });

  test("stops what runs, in its tasks too, and goes on", async () => {
    const code = "import time\nspark.range(2, numPartitions=2).foreach(lambda _: time.sleep(600))";
    const id = await user.start(session, code);
    const { State } = await user.athena.send(new sdk.StopCalculationExecutionCommand({ CalculationExecutionId: id }));
    expect(State).toMatch(/^CANCEL/);
    const { state, execution } = await user.ended(id);
    expect([state, execution.Result]).toEqual(["CANCELED", undefined]);
    expect(await user.print(session, "print(fine)")).toBe("1\n");
  });

  test("serves a session of a notebook", async () => {
    const { NotebookId } = await user.athena.send(new sdk.CreateNotebookCommand({ WorkGroup: "four", Name: "owls" }));
    const bound = await user.idleSession({
      WorkGroup: "four",
      NotebookVersion: "Athena notebook version 1",
      EngineConfiguration: { AdditionalConfigs: { NotebookId: NotebookId ?? "" } },
    });
    const { NotebookSessionsList } = await user.athena.send(new sdk.ListNotebookSessionsCommand({ NotebookId }));
    expect(NotebookSessionsList?.map(({ SessionId }) => SessionId)).toEqual([bound]);
    expect(await user.print(bound, "print(spark.range(3).count())")).toBe("3\n");
    const { State } = await user.athena.send(new sdk.TerminateSessionCommand({ SessionId: bound }));
    expect(State).toMatch(/^TERMINAT/);
    await user.sessionIn(bound, "TERMINATED");
  });
});

function reasonOf(error: unknown): string {
  return (error as Error).message;
}
