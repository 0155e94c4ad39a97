// Sessions beside each other: apart where they must be, together in the buckets; the quota; the list.
import {
  CreateWorkGroupCommand,
  GetWorkGroupCommand,
  ListSessionsCommand,
  ListWorkGroupsCommand,
  StartSessionCommand,
  TerminateSessionCommand,
  type StartSessionCommandInput,
} from "@aws-sdk/client-athena";
import { ListBucketsCommand, ListObjectsV2Command } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { athenaUser, type AthenaUser } from "../support/athena-user.ts";
import { refusalOf } from "../support/refusal.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { sessionPids } from "../support/session-traces.ts";
import { waitFor } from "../support/wait-for.ts";

let server: TestServer;
let user: AthenaUser;
let first: string;

beforeAll(async () => {
  server = await startServer({ env: { GLAUX_MAX_SESSIONS: "2" } });
  user = athenaUser(server);
  first = await user.idleSession();
});
afterAll(async () => {
  user[Symbol.dispose]();
  await server[Symbol.asyncDispose]();
});

const startSession = (input: Partial<StartSessionCommandInput> = {}) =>
  user.athena.send(new StartSessionCommand({ WorkGroup: "primary", EngineConfiguration: {}, ...input }));

describe("two sessions, one of them in a workgroup made later", () => {
  let second: string;

  beforeAll(async () => {
    await user.athena.send(
      new CreateWorkGroupCommand({
        Name: "owls",
        Description: "made later",
        Configuration: {
          EngineVersion: { SelectedEngineVersion: "PySpark engine version 3" },
          ResultConfiguration: { OutputLocation: "s3://later-bucket/some/path/" },
        },
      }),
    );
    second = await user.idleSession({ WorkGroup: "owls" });
  });
  afterAll(async () => {
    await user.athena.send(new TerminateSessionCommand({ SessionId: second }));
    await user.sessionIn(second, "TERMINATED");
  });

  test("of which the later one writes to its workgroup's output location", async () => {
    const { WorkGroup } = await user.athena.send(new GetWorkGroupCommand({ WorkGroup: "owls" }));
    expect(WorkGroup).toMatchObject({
      Name: "owls",
      State: "ENABLED",
      Description: "made later",
      Configuration: {
        EngineVersion: {
          SelectedEngineVersion: "PySpark engine version 3",
          EffectiveEngineVersion: "PySpark engine version 3",
        },
        ResultConfiguration: { OutputLocation: "s3://later-bucket/some/path/" },
      },
    });
    const { execution, stdout } = await user.run(second, "print('here')");
    expect(execution.Result!.StdOutS3Uri).toBe(
      `s3://later-bucket/some/path/${second}/${String(execution.CalculationExecutionId)}/stdout`,
    );
    expect(stdout).toBe("here\n");
  });

  test("do not see each other's variables and temporary views", async () => {
    await user.print(first, "mine = 1\nspark.range(3).createOrReplaceTempView('mine')");
    expect((await user.run(second, "print(mine)")).reason).toBe("NameError: name 'mine' is not defined");
    expect((await user.run(second, "spark.table('mine')")).reason).toContain("[TABLE_OR_VIEW_NOT_FOUND]");
    expect(await user.print(second, "import os\nprint(spark.sparkContext.applicationId)")).not.toBe(
      await user.print(first, "print(spark.sparkContext.applicationId)"),
    );
    expect(await user.print(first, "print(mine, spark.table('mine').count())")).toBe("1 3\n");
  });

  test("calculate at the same time", async () => {
    const waits = "import time\nbegun = time.time()\ntime.sleep(1)\nprint(begun, time.time())";
    const [a, b] = await Promise.all([user.print(first, waits), user.print(second, waits)]);
    const [a0, a1] = a.split(" ").map(Number);
    const [b0, b1] = b.split(" ").map(Number);
    expect(Math.max(a0!, b0!)).toBeLessThan(Math.min(a1!, b1!));
  });

  test("share the buckets: partitioned Parquet in a bucket that was made after the writer's start", async () => {
    await user.print(
      first,
      [
        "rows = [(n, 'even' if n % 2 == 0 else 'odd', f'né {n}') for n in range(100)]",
        "owls = spark.createDataFrame(rows, ['id', 'parity', 'name'])",
        "owls.repartition(1).write.partitionBy('parity').parquet('s3://later-bucket/owls/')",
      ].join("\n"),
    );
    const read = [
      "owls = spark.read.parquet('s3a://later-bucket/owls/')",
      "print(owls.count(), owls.filter(\"parity = 'odd'\").count(), sorted(owls.columns))",
      "print(owls.filter('id = 42').first().name)",
    ].join("\n");
    const wanted = "100 50 ['id', 'name', 'parity']\nné 42\n";
    expect(await user.print(second, read)).toBe(wanted);
    expect(await user.print(first, read.replace("s3a:", "s3:"))).toBe(wanted);

    const { Contents } = await user.s3.send(new ListObjectsV2Command({ Bucket: "later-bucket", Prefix: "owls/" }));
    const keys = Contents!.map(({ Key }) => Key!);
    expect(keys.filter((key) => /^owls\/parity=(even|odd)\/part-.+\.parquet$/.test(key))).toHaveLength(2);
    expect(keys.filter((key) => /_temporary|\.crc$/.test(key))).toEqual([]);
    const part = await user.bytes(`s3://later-bucket/${keys.find((key) => key.endsWith(".parquet"))!}`);
    expect(part.subarray(0, 4).toString()).toBe("PAR1");
    expect(part.subarray(-4).toString()).toBe("PAR1");
    const { Buckets } = await user.s3.send(new ListBucketsCommand({}));
    expect(Buckets!.map(({ Name }) => Name)).toEqual(["glaux-000000000000", "later-bucket"]);
  });

  test("write csv and json through s3a:// and append and overwrite", async () => {
    expect(
      await user.print(
        second,
        [
          "one = spark.range(1)",
          "one.write.csv('s3a://later-bucket/csv', header=True)",
          "one.write.mode('append').csv('s3a://later-bucket/csv', header=True)",
          "print(spark.read.csv('s3://later-bucket/csv', header=True).count())",
          "one.write.mode('overwrite').json('s3://later-bucket/csv')",
          "print(spark.read.json('s3://later-bucket/csv').collect())",
        ].join("\n"),
      ),
    ).toBe("2\n[Row(id=0)]\n");
  });
});

test("two sessions fill the quota: a third is refused, until one has been terminated", async () => {
  await user.print(first, "kept = 1");
  const second = await user.idleSession();
  const pids = sessionPids(server);
  expect(await refusalOf(startSession())).toMatchObject({
    name: "TooManyRequestsException",
    message: "Maximum allowed sessions reached (2)",
    status: 400,
  });
  await user.athena.send(new TerminateSessionCommand({ SessionId: second }));
  // At once: the place is free when the call has returned. And it can be given back before the session is
  // ready.
  const { SessionId: third } = await startSession({ Description: "hardly begun" });
  const { State } = await user.athena.send(new TerminateSessionCommand({ SessionId: third }));
  expect(State).toBe("TERMINATING");
  expect(await user.sessionIn(second, "TERMINATED")).toBe("TERMINATED");
  expect(await user.sessionIn(third!, "TERMINATED")).toBe("TERMINATED");
  const left = sessionPids(server);
  expect(left.filter((pid) => !pids.includes(pid))).toEqual([]);
  expect(left.length).toBeLessThan(pids.length);
  expect(await user.print(first, "print(kept)")).toBe("1\n");
});

describe("Spark properties", () => {
  test("of the refused class fail the session, which names them", async () => {
    const { SessionId } = await startSession({
      EngineConfiguration: { SparkProperties: { "spark.master": "local[64]", "spark.sql.ansi.enabled": "true" } },
    });
    const status = await waitFor("the failure", async () => {
      const seen = await user.sessionStatus(SessionId!);
      return seen.State === "FAILED" ? seen : undefined;
    });
    expect(status.StateChangeReason).toContain("spark.master");
    expect(status.StateChangeReason).not.toContain("spark.sql.ansi.enabled");
    expect(status.EndDateTime).toBeInstanceOf(Date);
  });
});

describe("ListSessions", () => {
  test("shows active ones, newest first, page by page; with a state, those in it", async () => {
    await user.athena.send(new CreateWorkGroupCommand({ Name: "listed" }));
    const failed: string[] = [];
    for (let n = 0; n < 5; n++) {
      const { SessionId } = await startSession({
        WorkGroup: "listed",
        Description: `refused ${String(n)}`,
        EngineConfiguration: {
          Classifications: [{ Name: "spark-defaults", Properties: { "spark.master": "yarn" } }],
        },
      });
      failed.unshift(SessionId!);
    }
    const { SessionId: ended } = await startSession({ WorkGroup: "listed", Description: "hardly begun" });
    await user.athena.send(new TerminateSessionCommand({ SessionId: ended }));
    await user.sessionIn(ended!, "TERMINATED");
    const list = (more: object) => user.athena.send(new ListSessionsCommand({ WorkGroup: "listed", ...more }));
    const active = await list({ WorkGroup: "primary" });
    expect(active.Sessions!.map(({ SessionId }) => SessionId)).toEqual([first]);
    expect(active.Sessions![0]).toMatchObject({
      EngineVersion: { EffectiveEngineVersion: "Apache Spark version 3.5" },
      Status: { State: "IDLE" },
    });

    const pages: { id: string; description: string | undefined }[] = [];
    let token: string | undefined;
    do {
      const page = await list({ StateFilter: "FAILED", MaxResults: 2, NextToken: token });
      expect(page.Sessions!.length).toBeLessThanOrEqual(2);
      pages.push(...page.Sessions!.map(({ SessionId, Description }) => ({ id: SessionId!, description: Description })));
      token = page.NextToken;
    } while (token !== undefined);
    expect(pages).toEqual(failed.map((id, n) => ({ id, description: `refused ${String(4 - n)}` })));

    const { Sessions: terminated } = await list({ StateFilter: "TERMINATED" });
    expect(terminated!.map(({ Description }) => Description)).toEqual(["hardly begun"]);
    expect((await list({})).Sessions).toEqual([]);
    const { NextToken } = await list({ StateFilter: "FAILED", MaxResults: 2 });
    expect((await refusalOf(list({ NextToken }))).name).toBe("InvalidRequestException");
    expect((await refusalOf(list({ MaxResults: 101 }))).message).toBe(
      "1 validation error detected: Value at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 100",
    );
  });
});

describe("workgroups", () => {
  test("are listed, and there is one of each name", async () => {
    const list = async () => {
      const { WorkGroups } = await user.athena.send(new ListWorkGroupsCommand({}));
      return WorkGroups!.map(({ Name }) => Name!).sort();
    };
    const before = await list();
    expect(before).toContain("primary");
    await user.athena.send(new CreateWorkGroupCommand({ Name: "barn" }));
    expect(await list()).toEqual([...before, "barn"].sort());
    const again = user.athena.send(new CreateWorkGroupCommand({ Name: "barn" }));
    expect(await refusalOf(again)).toMatchObject({
      name: "InvalidRequestException",
      message: "WorkGroup is already created",
    });
  });

  test("refuse an output location that is no S3 path", async () => {
    const create = user.athena.send(
      new CreateWorkGroupCommand({
        Name: "nowhere",
        Configuration: { ResultConfiguration: { OutputLocation: "s3:/later-bucket/" } },
      }),
    );
    expect((await refusalOf(create)).message).toBe("outputLocation is not a valid S3 path.");
  });

  test("of a SQL engine start no sessions", async () => {
    await user.athena.send(
      new CreateWorkGroupCommand({
        Name: "sql",
        Configuration: { EngineVersion: { SelectedEngineVersion: "Athena engine version 3" } },
      }),
    );
    expect(await refusalOf(startSession({ WorkGroup: "sql" }))).toMatchObject({
      name: "InvalidRequestException",
      message: "Workgroup EngineVersion is not Spark.",
    });
  });
});
