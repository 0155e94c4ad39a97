// Engine versions, DPU sizes and executors, and the session operations that this server does not enable yet.
import * as sdk from "@aws-sdk/client-athena";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { athenaUser, type AthenaUser } from "../support/athena-user.ts";
import { refusalOf } from "../support/refusal.ts";
import { startServer, type TestServer } from "../support/server.ts";

let server: TestServer;
let user: AthenaUser;
/** `live` is a session that is IDLE; the other one failed before it began. */
let live: string;
let failed: string;

beforeAll(async () => {
  server = await startServer();
  user = athenaUser(server);
  live = await user.idleSession();
  const EngineConfiguration = { SparkProperties: { "spark.master": "local" } };
  const started = await user.athena.send(new sdk.StartSessionCommand({ WorkGroup: "primary", EngineConfiguration }));
  failed = started.SessionId!;
});
afterAll(async () => {
  user[Symbol.dispose]();
  await server[Symbol.asyncDispose]();
});

const unknown = "00000000-0000-4000-8000-000000000000";
const invalid = (message: string) => ({ name: "InvalidRequestException", message, status: 400 });
const executors = (SessionId: string, input: Partial<sdk.ListExecutorsCommandInput> = {}) =>
  user.athena.send(new sdk.ListExecutorsCommand({ SessionId, ...input }));

describe("engine versions", () => {
  const list = (input: sdk.ListEngineVersionsCommandInput = {}) =>
    user.athena.send(new sdk.ListEngineVersionsCommand(input));

  test("are AUTO and the names that a workgroup can select", async () => {
    const { EngineVersions, NextToken } = await list();
    expect(EngineVersions).toEqual(
      expect.arrayContaining([
        { SelectedEngineVersion: "AUTO", EffectiveEngineVersion: "Apache Spark version 3.5" },
        { SelectedEngineVersion: "Athena engine version 3", EffectiveEngineVersion: "Athena engine version 3" },
        { SelectedEngineVersion: "PySpark engine version 3", EffectiveEngineVersion: "PySpark engine version 3" },
        { SelectedEngineVersion: "Apache Spark version 3.5", EffectiveEngineVersion: "Apache Spark version 3.5" },
      ]),
    );
    expect(NextToken).toBeUndefined();
    for (const [n, EngineVersion] of EngineVersions!.entries())
      await user.athena.send(
        new sdk.CreateWorkGroupCommand({ Name: `engine-${String(n)}`, Configuration: { EngineVersion } }),
      );
  });

  test("come in pages", async () => {
    const names: (string | undefined)[] = [];
    let page: sdk.ListEngineVersionsCommandOutput | undefined;
    do {
      page = await list({ MaxResults: 1, NextToken: page?.NextToken });
      expect(page.EngineVersions).toHaveLength(1);
      names.push(page.EngineVersions![0]!.SelectedEngineVersion);
    } while (page.NextToken !== undefined);
    expect(names).toEqual((await list()).EngineVersions!.map((version) => version.SelectedEngineVersion));
    expect(await refusalOf(list({ NextToken: "forged" }))).toMatchObject(
      invalid("NextToken is not valid for this request."),
    );
  });
});

test("application DPU sizes are Athena's", async () => {
  const answer = await user.athena.send(new sdk.ListApplicationDPUSizesCommand({}));
  expect(answer.ApplicationDPUSizes).toEqual([
    { ApplicationRuntimeId: "Athena notebook version 1", SupportedDPUSizes: [1] },
  ]);
  expect(answer.NextToken).toBeUndefined();
});

describe("executors", () => {
  test("of a live session: its coordinator, the same at every look", async () => {
    const { SessionId, ExecutorsSummary, NextToken } = await executors(live);
    expect({ SessionId, NextToken }).toEqual({ SessionId: live, NextToken: undefined });
    const { StartDateTime } = await user.sessionStatus(live);
    expect(ExecutorsSummary).toEqual([
      {
        ExecutorId: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/) as string,
        ExecutorType: "COORDINATOR",
        ExecutorState: "REGISTERED",
        StartDateTime: StartDateTime!.getTime(),
        ExecutorSize: 1,
      },
    ]);
    expect((await executors(live)).ExecutorsSummary).toEqual(ExecutorsSummary);
  });

  test("are filtered by their state", async () => {
    expect((await executors(live, { ExecutorStateFilter: "REGISTERED" })).ExecutorsSummary).toHaveLength(1);
    expect((await executors(live, { ExecutorStateFilter: "TERMINATED" })).ExecutorsSummary).toEqual([]);
  });

  test("of a session that failed: the coordinator with its end", async () => {
    const [coordinator, ...others] = (await executors(failed)).ExecutorsSummary!;
    const { EndDateTime } = await user.sessionStatus(failed);
    expect(coordinator).toMatchObject({
      ExecutorType: "COORDINATOR",
      ExecutorState: "FAILED",
      TerminationDateTime: EndDateTime!.getTime(),
    });
    expect(others).toEqual([]);
  });

  test("of no session", async () => {
    expect(await refusalOf(executors(unknown))).toMatchObject(invalid(`Session ${unknown} was not found`));
  });
});

describe("not enabled here", () => {
  const endpoint = (SessionId: string) => user.athena.send(new sdk.GetSessionEndpointCommand({ SessionId }));
  const notebookUrl = (SessionId: string) => user.athena.send(new sdk.CreatePresignedNotebookUrlCommand({ SessionId }));
  const dashboard = (ResourceARN: string) => user.athena.send(new sdk.GetResourceDashboardCommand({ ResourceARN }));
  const arn = (path: string) => `arn:aws:athena:us-east-1:000000000000:workgroup/primary${path}`;

  test("GetSessionEndpoint, after a look at the session", async () => {
    expect((await refusalOf(endpoint(live))).message).toMatch(/^GetSessionEndpoint is not enabled on this server/);
    expect(await refusalOf(endpoint(failed))).toMatchObject(
      invalid("Can not generate Session endpoint URL for Session in STOPPED state"),
    );
    expect(await refusalOf(endpoint(unknown))).toMatchObject(invalid(`Session ${unknown} was not found`));
  });

  test("CreatePresignedNotebookUrl, after a look at session and notebook", async () => {
    expect(await refusalOf(notebookUrl(live))).toMatchObject(
      invalid(`Session ${live} was not started for a notebook.`),
    );
    expect(await refusalOf(notebookUrl(unknown))).toMatchObject(invalid(`Session ${unknown} was not found`));
  });

  test("GetResourceDashboard, after a look at the ARN", async () => {
    const found = await refusalOf(dashboard(arn(`/session/${live}`)));
    expect(found).toMatchObject({ name: "InvalidRequestException" });
    expect(found.message).toMatch(/^GetResourceDashboard is not enabled on this server/);
    expect(await refusalOf(dashboard(arn(`/session/${unknown}`)))).toMatchObject({
      name: "ResourceNotFoundException",
      members: { ResourceName: arn(`/session/${unknown}`) },
    });
    expect(await refusalOf(dashboard(arn("")))).toMatchObject(invalid("ResourceARN is not the ARN of a session."));
  });
});

test("the coordinator of a session that was ended is TERMINATED, under the same id", async () => {
  const own = await user.idleSession();
  const before = (await executors(own)).ExecutorsSummary![0]!;
  await user.athena.send(new sdk.TerminateSessionCommand({ SessionId: own }));
  await user.sessionIn(own, "TERMINATED");
  const { EndDateTime } = await user.sessionStatus(own);
  expect((await executors(own)).ExecutorsSummary).toEqual([
    { ...before, ExecutorState: "TERMINATED", TerminationDateTime: EndDateTime!.getTime() },
  ]);
});
