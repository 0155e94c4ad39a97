// Where MonitoringConfiguration sends a session's logs to; read as a client reads them.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  CreateWorkGroupCommand,
  GetSessionCommand,
  GetWorkGroupCommand,
  StartSessionCommand,
  TerminateSessionCommand,
  UpdateWorkGroupCommand,
  type MonitoringConfiguration,
} from "@aws-sdk/client-athena";
import { ListObjectsV2Command } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { athenaUser, type AthenaUser } from "../support/athena-user.ts";
import { refusalOf } from "../support/refusal.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { step } from "../support/step.ts";
import { waitFor } from "../support/wait-for.ts";

let server: TestServer;
let user: AthenaUser;
beforeAll(async () => {
  server = await startServer();
  user = athenaUser(server);
});
afterAll(async () => {
  user[Symbol.dispose]();
  await server[Symbol.asyncDispose]();
});

const lookedAt = (uri: string) => user.text(uri).catch(() => "");
const kmsKey = "arn:aws:kms:us-east-1:000000000000:key/0a1b2c3d";
const toS3: MonitoringConfiguration = {
  S3LoggingConfiguration: { Enabled: true, KmsKey: kmsKey, LogLocation: "s3://team-logs/spark/" },
};
const managed: MonitoringConfiguration = { ManagedLoggingConfiguration: { Enabled: true, KmsKey: kmsKey } };
const cloudWatch: MonitoringConfiguration = {
  CloudWatchLoggingConfiguration: {
    Enabled: true,
    LogGroup: "group",
    LogStreamNamePrefix: "owls",
    LogTypes: { SPARK_DRIVER: ["STDOUT", "STDERR"] },
  },
};

const logsOfDrivers = (name: string) =>
  readdirSync(join(server.home, "drivers"))
    .map((id) => join(server.home, "drivers", id, name))
    .filter((path) => existsSync(path))
    .map((path) => readFileSync(path, "utf8"));

test("a session of a workgroup with S3 logs, which itself asks for managed ones", async () => {
  await user.athena.send(
    new CreateWorkGroupCommand({
      Name: "logged",
      Configuration: { MonitoringConfiguration: { ...toS3, ...cloudWatch } },
    }),
  );
  const session = await user.idleSession({ WorkGroup: "logged", MonitoringConfiguration: managed });
  const log = (name: string, location = "team-logs/spark") => `s3://${location}/${session}/SPARK_DRIVER/${name}`;

  await step("has both, as GetSession says", async () => {
    const { WorkGroup } = await user.athena.send(new GetWorkGroupCommand({ WorkGroup: "logged" }));
    expect(WorkGroup?.Configuration?.MonitoringConfiguration).toEqual({ ...toS3, ...cloudWatch });
    const { MonitoringConfiguration } = await user.athena.send(new GetSessionCommand({ SessionId: session }));
    expect(MonitoringConfiguration).toEqual({ ...toS3, ...cloudWatch, ...managed });
  });

  await step("shows its logs after a calculation, while it runs: Spark's, and its own", async () => {
    await user.print(
      session,
      [
        "spark.sparkContext._jvm.org.apache.logging.log4j.LogManager.getLogger('forest').warn('an owl was heard')",
        "athena_user_logger.warning('an owl was seen')",
      ].join("\n"),
    );
    for (const location of ["team-logs/spark", "glaux-000000000000/managed-logs"]) {
      await waitFor(`the owls at ${location}`, async () => {
        const [spark, own] = await Promise.all([log("spark.log", location), log("driver.log", location)].map(lookedAt));
        return spark?.includes("an owl was heard") && own?.includes("an owl was seen") ? true : undefined;
      });
    }
  });

  await step("leaves all of it when it is TERMINATED", async () => {
    await user.athena.send(new TerminateSessionCommand({ SessionId: session }));
    await user.sessionIn(session, "TERMINATED");
    const { Contents = [] } = await user.s3.send(
      new ListObjectsV2Command({ Bucket: "team-logs", Prefix: `spark/${session}/` }),
    );
    expect(Contents.map(({ Key }) => Key)).toEqual(
      ["driver.log", "spark.log"].map((name) => `spark/${session}/SPARK_DRIVER/${name}`),
    );
    for (const [name, owl] of [
      ["spark.log", "an owl was heard"],
      ["driver.log", "an owl was seen"],
    ] as const) {
      const text = await user.text(log(name));
      expect(text).toContain(owl);
      expect(await user.text(log(name, "glaux-000000000000/managed-logs"))).toBe(text);
      expect(logsOfDrivers(name)).toContain(text);
    }
  });
});

test("a session whose Spark does not start leaves its log, too", async () => {
  const { SessionId = "" } = await user.athena.send(
    new StartSessionCommand({
      WorkGroup: "primary",
      EngineConfiguration: { SparkProperties: { "spark.serializer": "no.such.Serializer" } },
      MonitoringConfiguration: toS3,
    }),
  );
  await user.sessionIn(SessionId, "FAILED");
  expect(await user.text(`s3://team-logs/spark/${SessionId}/SPARK_DRIVER/spark.log`)).toContain("no.such.Serializer");
});

describe("a location that logs cannot be delivered to is refused", () => {
  const nowhere = (LogLocation?: string): MonitoringConfiguration => ({
    S3LoggingConfiguration: { Enabled: true, ...(LogLocation === undefined ? {} : { LogLocation }) },
  });
  const calls: [string, (configuration: MonitoringConfiguration) => Promise<unknown>][] = [
    [
      "StartSession",
      (configuration) =>
        user.athena.send(
          new StartSessionCommand({
            WorkGroup: "primary",
            EngineConfiguration: {},
            MonitoringConfiguration: configuration,
          }),
        ),
    ],
    [
      "CreateWorkGroup",
      (configuration) =>
        user.athena.send(
          new CreateWorkGroupCommand({ Name: "nowhere", Configuration: { MonitoringConfiguration: configuration } }),
        ),
    ],
    [
      "UpdateWorkGroup",
      (configuration) =>
        user.athena.send(
          new UpdateWorkGroupCommand({
            WorkGroup: "primary",
            ConfigurationUpdates: { MonitoringConfiguration: configuration },
          }),
        ),
    ],
  ];

  test.each(calls)("by %s", async (_, call) => {
    for (const location of ["s3://team-logs//x", "s3://team-logs/../x", `s3://team-logs/${"x".repeat(256)}`])
      expect(await refusalOf(call(nowhere(location)))).toMatchObject({
        name: "InvalidRequestException",
        message: "logLocation is not a valid S3 path.",
        members: { AthenaErrorCode: "INVALID_INPUT" },
      });
    expect((await refusalOf(call(nowhere()))).message).toBe("logLocation is required when S3 logging is enabled.");
  });
});
