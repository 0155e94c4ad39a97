import {
  AthenaClient,
  CreateWorkGroupCommand,
  GetSessionCommand,
  InvalidRequestException,
  ListExecutorsCommand,
  ListSessionsCommand,
  ResourceNotFoundException,
  StartSessionCommand,
  type StartSessionCommandInput,
} from "@aws-sdk/client-athena";
import { afterAll, beforeAll, expect, test } from "vitest";
import { invalidRequest, resourceNotFound } from "../../src/protocol/exceptions.ts";
import { key, startFrontEnd, temporaryKey, type FrontEndServer } from "./front-end-server.ts";

const at = new Date("2026-11-20T10:15:00.123Z");
const inputs: unknown[] = [];
let server: FrontEndServer;
let client: AthenaClient;

beforeAll(async () => {
  server = await startFrontEnd({
    operations: {
      StartSession: (input) => {
        inputs.push(input);
        return Promise.resolve({ SessionId: "s", State: "IDLE" });
      },
      GetSession: () =>
        Promise.resolve({
          SessionId: "s",
          Description: null,
          NotOfTheModel: "x",
          EngineConfiguration: { MaxConcurrentDpus: 20, SparkProperties: { "spark.a": "b", absent: undefined } },
          Status: { StartDateTime: at, State: "IDLE", EndDateTime: undefined },
        }),
      ListExecutors: () =>
        Promise.resolve({ SessionId: "s", ExecutorsSummary: [{ ExecutorId: "e", StartDateTime: at }] }),
      CreateWorkGroup: () => Promise.reject(resourceNotFound("No such thing", "arn:x")),
      ListSessions: () => Promise.reject(invalidRequest("WorkGroup is not found.")),
    },
  });
  client = clientOf(key);
});
afterAll(async () => {
  client.destroy();
  await server[Symbol.asyncDispose]();
});

test("input arrives as it was given", async () => {
  const input: StartSessionCommandInput = {
    WorkGroup: "primary",
    EngineConfiguration: {
      MaxConcurrentDpus: 4,
      SparkProperties: { "spark.sql.shuffle.partitions": "4", "spark.app.name": "ünïcode 🦉\n\"'\\" },
      Classifications: [{ Name: "spark-defaults", Properties: { "spark.x": "" } }],
    },
    CopyWorkGroupTags: false,
    Tags: [{ Key: "k", Value: "v" }],
  };
  expect(await client.send(new StartSessionCommand(input))).toMatchObject({ SessionId: "s", State: "IDLE" });
  expect(inputs.splice(0)).toEqual([input]);
});

test("answers have dates, and nothing that is null or unknown", async () => {
  const { $metadata, ...answer } = await client.send(new GetSessionCommand({ SessionId: "s" }));
  expect($metadata.requestId).toMatch(/^[0-9a-f-]{36}$/);
  expect(answer).toEqual({
    SessionId: "s",
    EngineConfiguration: { MaxConcurrentDpus: 20, SparkProperties: { "spark.a": "b" } },
    Status: { StartDateTime: at, State: "IDLE" },
  });
});

test("dates that the model declares as numbers are epoch milliseconds", async () => {
  const { ExecutorsSummary } = await client.send(new ListExecutorsCommand({ SessionId: "s" }));
  expect(ExecutorsSummary?.[0]?.StartDateTime).toBe(at.getTime());
});

test("errors arrive as the SDK's classes, with their members", async () => {
  const refused = await client.send(new ListSessionsCommand({ WorkGroup: "w" })).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(InvalidRequestException);
  expect(refused).toMatchObject({ message: "WorkGroup is not found.", AthenaErrorCode: "INVALID_INPUT" });
  const missing = await client.send(new CreateWorkGroupCommand({ Name: "w" })).catch((error: unknown) => error);
  expect(missing).toBeInstanceOf(ResourceNotFoundException);
  expect(missing).toMatchObject({ message: "No such thing", ResourceName: "arn:x" });
});

test("what the SDK itself does not check is refused in AWS's words", async () => {
  const refused = await client
    .send(new StartSessionCommand({ WorkGroup: undefined, EngineConfiguration: { MaxConcurrentDpus: 1 } }))
    .catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(InvalidRequestException);
  expect(refused).toMatchObject({
    message:
      "2 validation errors detected: Value null at 'workGroup' failed to satisfy constraint: Member must not be null; Value at 'engineConfiguration.maxConcurrentDpus' failed to satisfy constraint: Member must have value greater than or equal to 2",
  });
});

test("temporary keys", async () => {
  const temporary = clientOf(temporaryKey);
  expect((await temporary.send(new GetSessionCommand({ SessionId: "s" }))).SessionId).toBe("s");
  temporary.destroy();
});

function clientOf(credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string }): AthenaClient {
  return new AthenaClient({ region: "us-east-1", endpoint: server.endpoint, credentials, maxAttempts: 1 });
}
