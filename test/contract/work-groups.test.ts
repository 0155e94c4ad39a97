// Workgroups as clients and infrastructure tools see them.
import * as sdk from "@aws-sdk/client-athena";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { athenaUser, type AthenaUser } from "../support/athena-user.ts";
import { refusalOf } from "../support/refusal.ts";
import { startServer, type TestServer } from "../support/server.ts";

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

const create = (Name: string, input: Partial<sdk.CreateWorkGroupCommandInput> = {}) =>
  user.athena.send(new sdk.CreateWorkGroupCommand({ Name, ...input }));
const update = (WorkGroup: string, input: Partial<sdk.UpdateWorkGroupCommandInput>) =>
  user.athena.send(new sdk.UpdateWorkGroupCommand({ WorkGroup, ...input }));
const remove = (WorkGroup: string, RecursiveDeleteOption?: boolean) =>
  user.athena.send(new sdk.DeleteWorkGroupCommand({ WorkGroup, RecursiveDeleteOption }));
const get = async (WorkGroup: string) =>
  (await user.athena.send(new sdk.GetWorkGroupCommand({ WorkGroup }))).WorkGroup!;
const start = (WorkGroup: string, EngineConfiguration: sdk.EngineConfiguration = {}) =>
  user.athena.send(new sdk.StartSessionCommand({ WorkGroup, EngineConfiguration }));
const getSession = (SessionId: string | undefined) => user.athena.send(new sdk.GetSessionCommand({ SessionId }));
/**
 * A session with these properties fails as soon as it starts, without Spark. It still shows which settings a
 * session gets.
 */
const unstartable = { SparkProperties: { "spark.master": "local" } };

const invalid = (message: string) => ({ name: "InvalidRequestException", message, status: 400 });

describe("what was not asked for", () => {
  test("does not appear, so that a plan shows no change", async () => {
    await create("bare");
    const { Configuration, ...rest } = await get("bare");
    expect(Configuration).toEqual({
      EnforceWorkGroupConfiguration: true,
      PublishCloudWatchMetricsEnabled: true,
      RequesterPaysEnabled: false,
      EngineVersion: { SelectedEngineVersion: "AUTO", EffectiveEngineVersion: "Apache Spark version 3.5" },
    });
    expect(rest).toEqual({ Name: "bare", State: "ENABLED", CreationTime: expect.any(Date) as Date });
  });

  test("what was asked for comes back as it was written", async () => {
    const Configuration: sdk.WorkGroupConfiguration = {
      BytesScannedCutoffPerQuery: 10_485_760,
      EnforceWorkGroupConfiguration: false,
      PublishCloudWatchMetricsEnabled: false,
      RequesterPaysEnabled: true,
      EngineVersion: { SelectedEngineVersion: "Athena engine version 3" },
      ExecutionRole: "arn:aws:iam::123456789012:role/spark",
      ResultConfiguration: {
        OutputLocation: "s3://bucket/output/",
        ExpectedBucketOwner: "123456789012",
        AclConfiguration: { S3AclOption: "BUCKET_OWNER_FULL_CONTROL" },
        EncryptionConfiguration: { EncryptionOption: "SSE_KMS", KmsKey: "arn:aws:kms:eu-central-1:123456789012:key/a" },
      },
    };
    await create("asked", { Configuration, Description: "" });
    expect(await get("asked")).toMatchObject({ Description: "", Configuration });
    const whole = await get("asked");
    // Terraform sends this if only the description changed.
    await update("asked", { Description: "new", ConfigurationUpdates: { RequesterPaysEnabled: true } });
    expect(await get("asked")).toEqual({ ...whole, Description: "new" });
  });
});

describe("an update", () => {
  test("is partial, and removes by flags", async () => {
    await create("changing", {
      Description: "first",
      Configuration: {
        BytesScannedCutoffPerQuery: 10_000_000,
        CustomerContentEncryptionConfiguration: { KmsKey: "alias/a" },
        ResultConfiguration: {
          OutputLocation: "s3://bucket/",
          EncryptionConfiguration: { EncryptionOption: "SSE_S3" },
          ExpectedBucketOwner: "123456789012",
        },
      },
    });
    const before = await get("changing");
    await update("changing", { State: "DISABLED" });
    expect(await get("changing")).toEqual({ ...before, State: "DISABLED" });
    expect(await refusalOf(start("changing"))).toMatchObject(invalid("WorkGroup changing is disabled."));

    await update("changing", {
      State: "ENABLED",
      ConfigurationUpdates: {
        RemoveBytesScannedCutoffPerQuery: true,
        RemoveCustomerContentEncryptionConfiguration: true,
        EngineVersion: { SelectedEngineVersion: "PySpark engine version 3" },
        ResultConfigurationUpdates: { OutputLocation: "s3://bucket/other", RemoveExpectedBucketOwner: true },
      },
    });
    const after = await get("changing");
    expect(after).toMatchObject({ State: "ENABLED", Description: "first" });
    expect(after.Configuration).toEqual({
      EnforceWorkGroupConfiguration: true,
      PublishCloudWatchMetricsEnabled: true,
      RequesterPaysEnabled: false,
      EngineVersion: {
        SelectedEngineVersion: "PySpark engine version 3",
        EffectiveEngineVersion: "PySpark engine version 3",
      },
      ResultConfiguration: {
        OutputLocation: "s3://bucket/other",
        EncryptionConfiguration: { EncryptionOption: "SSE_S3" },
      },
    });
  });

  test("that is refused changes nothing", async () => {
    await create("steady", { Description: "as it was" });
    const before = await get("steady");
    const refused: [Partial<sdk.UpdateWorkGroupCommandInput>, string][] = [
      [
        { ConfigurationUpdates: { ResultConfigurationUpdates: { OutputLocation: "bucket" } } },
        "outputLocation is not a valid S3 path.",
      ],
      [
        { ConfigurationUpdates: { EngineVersion: { SelectedEngineVersion: "Spark 9" } } },
        "SelectedEngineVersion is not valid. Spark engines of this server: PySpark engine version 3, Apache Spark version 3.5, Apache Spark version 4.",
      ],
    ];
    for (const [input, message] of refused)
      expect(await refusalOf(update("steady", { Description: "changed", ...input }))).toMatchObject(invalid(message));
    expect(await get("steady")).toEqual(before);
    expect(await refusalOf(update("nowhere", {}))).toMatchObject(invalid("WorkGroup is not found."));
  });
});

describe("sessions", () => {
  test("get the workgroup's settings, and their own over them", async () => {
    await create("settings", {
      Configuration: {
        ExecutionRole: "arn:aws:iam::123456789012:role/spark",
        EngineConfiguration: { MaxConcurrentDpus: 7, SparkProperties: { "spark.a": "1", "spark.b": "1" } },
        MonitoringConfiguration: { ManagedLoggingConfiguration: { Enabled: true } },
        ResultConfiguration: {
          OutputLocation: "s3://bucket/x/",
          EncryptionConfiguration: { EncryptionOption: "SSE_S3" },
        },
      },
    });
    const { SessionId } = await start("settings", { SparkProperties: { "spark.b": "2", "spark.master": "local" } });
    const first = await getSession(SessionId);
    expect(first).toMatchObject({
      EngineConfiguration: {
        MaxConcurrentDpus: 7,
        CoordinatorDpuSize: 1,
        DefaultExecutorDpuSize: 1,
        SparkProperties: { "spark.a": "1", "spark.b": "2" },
      },
      MonitoringConfiguration: { ManagedLoggingConfiguration: { Enabled: true } },
      SessionConfiguration: {
        ExecutionRole: "arn:aws:iam::123456789012:role/spark",
        WorkingDirectory: `s3://bucket/x/${SessionId!}`,
        IdleTimeoutSeconds: 1200,
        EncryptionConfiguration: { EncryptionOption: "SSE_S3" },
      },
      Statistics: { DpuExecutionInMillis: 0 },
    });

    await update("settings", {
      ConfigurationUpdates: {
        EngineConfiguration: { MaxConcurrentDpus: 9 },
        ResultConfigurationUpdates: { RemoveEncryptionConfiguration: true },
      },
    });
    expect((await getSession(SessionId)).SessionConfiguration).toEqual(first.SessionConfiguration);
    const second = await getSession((await start("settings", unstartable)).SessionId);
    expect(second.EngineConfiguration?.MaxConcurrentDpus).toBe(9);
    expect(second.SessionConfiguration?.EncryptionConfiguration).toBeUndefined();
  });

  test("merge both forms of Spark properties: what the request sets wins, whichever form either has", async () => {
    const classified = (Properties: Record<string, string>) => ({ Name: "spark-defaults", Properties });
    const EngineConfiguration = {
      SparkProperties: { "spark.a": "w", "spark.b": "w", "spark.c": "w" },
      Classifications: [classified({ "spark.d": "w", "spark.e": "w" }), { Name: "other", Properties: { x: "w" } }],
    };
    await create("forms", { Configuration: { EngineConfiguration } });
    expect((await get("forms")).Configuration?.EngineConfiguration).toEqual(EngineConfiguration);
    const { SessionId } = await start("forms", {
      SparkProperties: { "spark.b": "r", "spark.d": "r", "spark.master": "local" },
      Classifications: [classified({ "spark.c": "r", "spark.f": "r" })],
    });
    expect((await getSession(SessionId)).EngineConfiguration).toEqual({
      CoordinatorDpuSize: 1,
      MaxConcurrentDpus: 20,
      DefaultExecutorDpuSize: 1,
      SparkProperties: { "spark.a": "w", "spark.b": "r", "spark.d": "r", "spark.master": "local" },
      Classifications: [
        classified({ "spark.e": "w", "spark.c": "r", "spark.f": "r" }),
        { Name: "other", Properties: { x: "w" } },
      ],
    });
  });
});

describe("deleting", () => {
  test("removes the workgroup, and keeps what can be read of its sessions", async () => {
    await create("short");
    const { SessionId } = await start("short", unstartable);
    await remove("short");
    expect(await refusalOf(get("short"))).toMatchObject(invalid("WorkGroup is not found."));
    expect(await refusalOf(start("short"))).toMatchObject(invalid("WorkGroup is not found."));
    expect((await getSession(SessionId)).WorkGroup).toBe("short");
    expect(await refusalOf(remove("short"))).toMatchObject(invalid("WorkGroup is not found."));
    await create("short");
  });

  test("is not for primary", async () => {
    expect(await refusalOf(remove("primary", true))).toMatchObject(invalid("The primary workgroup cannot be deleted."));
  });

  test("of one with a notebook needs RecursiveDeleteOption", async () => {
    await create("noted");
    const { NotebookId } = await user.athena.send(new sdk.CreateNotebookCommand({ WorkGroup: "noted", Name: "n" }));
    for (const option of [undefined, false])
      expect(await refusalOf(remove("noted", option))).toMatchObject(invalid("WorkGroup noted is not empty"));
    await remove("noted", true);
    const metadata = user.athena.send(new sdk.GetNotebookMetadataCommand({ NotebookId }));
    expect((await refusalOf(metadata)).message).toBe(`Notebook ${NotebookId!} was not found`);
  });

  test("of one with a session needs it too, and ends the session", async () => {
    await create("busy");
    const session = await user.idleSession({ WorkGroup: "busy" });
    expect(await refusalOf(remove("busy"))).toMatchObject(invalid("WorkGroup busy is not empty"));
    await remove("busy", true);
    expect(await user.sessionIn(session, "TERMINATED")).toBe("TERMINATED");
  });
});
