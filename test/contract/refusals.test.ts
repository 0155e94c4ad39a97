// Requests that are refused, the texts of the refusals, and that the server survives them. These tests start
// no session.
import * as sdk from "@aws-sdk/client-athena";
import { GetObjectCommand, HeadObjectCommand, ListObjectsV2Command } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { servedOperations } from "../../scripts/model/served.ts";
import { athenaUser, type AthenaUser } from "../support/athena-user.ts";
import { signedPost } from "../support/raw-athena.ts";
import { refusalOf } from "../support/refusal.ts";
import { startServer, type TestServer } from "../support/server.ts";

let server: TestServer;
let user: AthenaUser;

beforeAll(async () => {
  server = await startServer();
  user = athenaUser(server);
});
afterAll(async () => {
  // None of the requests has ended the server, or made it log a failure of its own.
  process.kill(server.pid, 0);
  expect(server.output()).not.toMatch(/error|exception/i);
  user[Symbol.dispose]();
  await server[Symbol.asyncDispose]();
});

const unknown = "00000000-0000-4000-8000-000000000000";
const invalidRequest = (message: string) => ({
  name: "InvalidRequestException",
  message,
  status: 400,
  members: { AthenaErrorCode: "INVALID_INPUT" },
});

describe("what does not exist", () => {
  test.each<[string, (client: sdk.AthenaClient) => Promise<unknown>]>([
    ["GetSession", (athena) => athena.send(new sdk.GetSessionCommand({ SessionId: unknown }))],
    ["GetSessionStatus", (athena) => athena.send(new sdk.GetSessionStatusCommand({ SessionId: unknown }))],
    ["TerminateSession", (athena) => athena.send(new sdk.TerminateSessionCommand({ SessionId: unknown }))],
    [
      "StartCalculationExecution",
      (athena) => athena.send(new sdk.StartCalculationExecutionCommand({ SessionId: unknown, CodeBlock: "1" })),
    ],
    [
      "ListCalculationExecutions",
      (athena) => athena.send(new sdk.ListCalculationExecutionsCommand({ SessionId: unknown })),
    ],
  ])("a session, in %s", async (_, call) => {
    expect(await refusalOf(call(user.athena))).toMatchObject(invalidRequest(`Session ${unknown} was not found`));
  });

  test("an id that is no UUID is as unknown as any other", async () => {
    expect(await refusalOf(user.sessionStatus("../../etc/passwd"))).toMatchObject(
      invalidRequest("Session ../../etc/passwd was not found"),
    );
  });

  const calculation = { CalculationExecutionId: unknown };
  test.each<[string, (client: sdk.AthenaClient) => Promise<unknown>]>([
    ["GetCalculationExecution", (athena) => athena.send(new sdk.GetCalculationExecutionCommand(calculation))],
    [
      "GetCalculationExecutionStatus",
      (athena) => athena.send(new sdk.GetCalculationExecutionStatusCommand(calculation)),
    ],
    ["GetCalculationExecutionCode", (athena) => athena.send(new sdk.GetCalculationExecutionCodeCommand(calculation))],
    ["StopCalculationExecution", (athena) => athena.send(new sdk.StopCalculationExecutionCommand(calculation))],
  ])("a calculation, in %s", async (_, call) => {
    expect(await refusalOf(call(user.athena))).toMatchObject(
      invalidRequest(`Calculation execution ${unknown} was not found`),
    );
  });

  test.each<[string, (client: sdk.AthenaClient) => Promise<unknown>]>([
    [
      "StartSession",
      (athena) => athena.send(new sdk.StartSessionCommand({ WorkGroup: "nowhere", EngineConfiguration: {} })),
    ],
    ["ListSessions", (athena) => athena.send(new sdk.ListSessionsCommand({ WorkGroup: "nowhere" }))],
    ["GetWorkGroup", (athena) => athena.send(new sdk.GetWorkGroupCommand({ WorkGroup: "nowhere" }))],
  ])("a workgroup, in %s", async (_, call) => {
    expect(await refusalOf(call(user.athena))).toMatchObject(invalidRequest("WorkGroup is not found."));
  });

  test("an object, a bucket, a path out of its bucket", async () => {
    const get = (Bucket: string, Key: string) => user.s3.send(new GetObjectCommand({ Bucket, Key }));
    expect(await refusalOf(get("glaux-000000000000", "none"))).toMatchObject({ name: "NoSuchKey", status: 404 });
    expect(await refusalOf(get("no-such-bucket", "none"))).toMatchObject({ name: "NoSuchBucket", status: 404 });
    for (const key of ["../../credentials", "a/../../../credentials", "..%2f..%2fcredentials"])
      expect((await refusalOf(get("glaux-000000000000", key))).status).toBeGreaterThanOrEqual(400);
    const head = user.s3.send(new HeadObjectCommand({ Bucket: "glaux-000000000000", Key: "none" }));
    expect(await refusalOf(head)).toMatchObject({ name: "NotFound", status: 404 });
    const list = user.s3.send(new ListObjectsV2Command({ Bucket: "no-such-bucket" }));
    expect(await refusalOf(list)).toMatchObject({ name: "NoSuchBucket", status: 404 });
  });
});

describe("operations that are not served", () => {
  const served = new Set(servedOperations);
  const names = Object.keys(sdk)
    .map((name) => /^([A-Z]\w+)Command$/.exec(name)?.[1])
    .filter((name) => name !== undefined);
  const others = names.filter((name) => !served.has(name));

  test("are the rest of the API", () => {
    expect(names).toHaveLength(75);
    expect(others).toHaveLength(names.length - servedOperations.length);
  });

  test.each(others)("%s is refused by its name", async (name) => {
    // A request that breaks the model would be refused for that instead. So the required members are filled
    // in with valid values.
    const answer = await signedPost(server, name, requiredMembers[name] ?? {});
    expect(answer).toMatchObject({ status: 400, json: { __type: "InvalidRequestException" } });
    expect(answer.json["Message"]).toMatch(new RegExp(`^${name} is not supported`));
  });
});

describe("requests written by hand", () => {
  const start = (body: unknown) => signedPost(server, "StartCalculationExecution", body);
  const serialization = (Message?: string) => ({
    status: 400,
    json: Message === undefined ? { __type: "SerializationException" } : { __type: "SerializationException", Message },
  });

  test.each<[string, unknown, ReturnType<typeof serialization>]>([
    ["an empty body", Buffer.alloc(0), serialization()],
    ["what is no JSON", Buffer.from("{'SessionId': 1}"), serialization()],
    ["cut JSON", Buffer.from('{"SessionId": "a'), serialization()],
    ["null", null, serialization()],
    ["a text", "StartSession", serialization()],
    ["bytes that are no UTF-8", Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]), serialization()],
    ["a list", [], serialization("Start of list found where not expected")],
    ["a number for a text", { SessionId: 1 }, serialization("NUMBER_VALUE can not be converted to a String")],
    ["a list for a text", { SessionId: ["a"] }, serialization("Start of list found where not expected")],
    ["a map for a text", { SessionId: {} }, serialization("Start of structure or map found where not expected.")],
  ])("with %s", async (_, body, wanted) => {
    expect(await start(body)).toMatchObject(wanted);
    const { json } = await start(body);
    expect(Object.keys(json).sort()).toEqual(Object.keys(wanted.json).sort());
  });

  test("with a text and a truth for a number", async () => {
    const list = (MaxResults: unknown) => signedPost(server, "ListSessions", { WorkGroup: "primary", MaxResults });
    expect(await list("ten")).toMatchObject(serialization("STRING_VALUE can not be converted to an Integer"));
    expect(await list(true)).toMatchObject(serialization("TRUE_VALUE can not be converted to an Integer"));
    expect((await list(2 ** 40)).json["Message"]).toBe(
      "1 validation error detected: Value at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 100",
    );
  });

  test("with several faults are told all of them, and no value of theirs", async () => {
    const answer = await signedPost(server, "StartSession", {
      WorkGroup: "not a name!",
      EngineConfiguration: { MaxConcurrentDpus: 1 },
      SessionIdleTimeoutInMinutes: 0,
      ClientRequestToken: "short",
    });
    expect(answer.json["__type"]).toBe("InvalidRequestException");
    const message = String(answer.json["Message"]);
    expect(message).toMatch(/^4 validation errors detected: /);
    for (const member of [
      "workGroup",
      "engineConfiguration.maxConcurrentDpus",
      "sessionIdleTimeoutInMinutes",
      "clientRequestToken",
    ])
      expect(message).toContain(`Value at '${member}' failed to satisfy constraint`);
    expect(message).not.toMatch(/not a name|short/);
  });

  test("that lack what is required", async () => {
    const answer = await signedPost(server, "StartSession", {});
    expect(answer).toMatchObject({
      status: 400,
      json: {
        __type: "InvalidRequestException",
        AthenaErrorCode: "INVALID_INPUT",
        ErrorCode: "INVALID_INPUT",
        Message:
          "2 validation errors detected: Value null at 'workGroup' failed to satisfy constraint: Member must not be null; Value null at 'engineConfiguration' failed to satisfy constraint: Member must not be null",
      },
    });
    expect(answer.headers.get("content-type")).toBe("application/x-amz-json-1.1");
    expect(answer.headers.get("x-amzn-requestid")).toMatch(/^[0-9a-f-]{36}$/);
  });

  test("with members that nobody knows, and with null ones, are as without", async () => {
    const answer = await signedPost(server, "ListSessions", {
      WorkGroup: "primary",
      MaxResults: null,
      NextToken: null,
      Owl: { a: [1] },
    });
    expect(answer).toMatchObject({ status: 200, json: { Sessions: [] } });
  });

  test.each(["AmazonAthena.StartSessions", "AmazonAthena.startSession", "Athena.StartSession", "StartSession", ""])(
    "for the unknown target %j",
    async (target) => {
      const answer = await signedPost(server, "", {}, { target });
      expect(answer).toMatchObject({ status: 400, json: { __type: "UnknownOperationException" } });
      expect(answer.json).not.toHaveProperty("Message");
    },
  );

  test("of 80 MB is refused, and the connection's next request is answered", async () => {
    const answer = await start(Buffer.alloc(80 * 1024 * 1024, " "));
    expect(answer.status).toBe(413);
    expect((await refusalOf(user.sessionStatus(unknown))).name).toBe("InvalidRequestException");
  });
});

describe("signatures", () => {
  const text =
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.";
  const list = (options: Parameters<typeof signedPost>[3]) =>
    signedPost(server, "ListSessions", { WorkGroup: "primary" }, options);
  const refused = (__type: string, Message: string) => ({ status: 400, json: { __type, Message } });

  test("are asked for, everywhere", async () => {
    const unsigned = await fetch(server.endpoint, {
      method: "POST",
      headers: { "X-Amz-Target": "AmazonAthena.ListSessions", "Content-Type": "application/x-amz-json-1.1" },
      body: '{"WorkGroup":"primary"}',
    });
    expect(unsigned.status).toBe(400);
    expect(await unsigned.json()).toEqual({
      __type: "MissingAuthenticationTokenException",
      Message: "Request is missing Authentication Token",
    });
    for (const path of ["/", "/glaux-000000000000", "/glaux-000000000000/x"]) {
      const answer = await fetch(`${server.endpoint}${path}`);
      expect(answer.status).toBe(403);
      expect(await answer.text()).toContain("<Code>AccessDenied</Code>");
    }
  });

  test("by a wrong secret, of another body, by an unknown key, with a token, for another region or service", async () => {
    expect(await list({ secretAccessKey: "wrong" })).toMatchObject(refused("InvalidSignatureException", text));
    expect(await list({ sentBody: '{"WorkGroup":"another"}' })).toMatchObject(
      refused("InvalidSignatureException", text),
    );
    const unknownToken = refused(
      "UnrecognizedClientException",
      "The security token included in the request is invalid.",
    );
    expect(await list({ accessKeyId: "AKIAAAAAAAAAAAAAAAAA" })).toMatchObject(unknownToken);
    expect(await list({ sessionToken: "token" })).toMatchObject(unknownToken);
    expect(await list({ region: "eu-west-1" })).toMatchObject(
      refused("InvalidSignatureException", "Credential should be scoped to a valid region, not 'eu-west-1'. "),
    );
    expect(await list({ service: "glue" })).toMatchObject(
      refused("InvalidSignatureException", "Credential should be scoped to correct service: 'athena'. "),
    );
  });

  test("of ten minutes ago have expired", async () => {
    const stale = await list({ signedAt: new Date(Date.now() - 600_000) });
    expect(stale.json).toMatchObject({
      __type: "InvalidSignatureException",
      Message: expect.stringMatching(
        /^Signature expired: \d{8}T\d{6}Z is now earlier than \d{8}T\d{6}Z \(\d{8}T\d{6}Z - 5 min\.\)$/,
      ) as string,
    });
  });

  test("that are right are taken after all of that", async () => {
    expect(await list({})).toMatchObject({ status: 200, json: { Sessions: [] } });
  });
});

const name = "owl";
const requiredMembers: Partial<Record<string, object>> = {
  BatchGetNamedQuery: { NamedQueryIds: [unknown] },
  BatchGetPreparedStatement: { PreparedStatementNames: [name], WorkGroup: "primary" },
  BatchGetQueryExecution: { QueryExecutionIds: [unknown] },
  CancelCapacityReservation: { Name: name },
  CreateCapacityReservation: { Name: name, TargetDpus: 24 },
  CreateDataCatalog: { Name: name, Type: "HIVE" },
  CreateNamedQuery: { Name: name, Database: name, QueryString: "SELECT 1" },
  CreateSystemTableConfiguration: { TableName: "ALL" },
  CreatePreparedStatement: { StatementName: name, WorkGroup: "primary", QueryStatement: "SELECT 1" },
  DeleteCapacityReservation: { Name: name },
  DeleteDataCatalog: { Name: name },
  DeleteNamedQuery: { NamedQueryId: unknown },
  DeletePreparedStatement: { StatementName: name, WorkGroup: "primary" },
  DeleteSystemTableConfiguration: { TableName: "ALL" },
  GetCapacityAssignmentConfiguration: { CapacityReservationName: name },
  GetCapacityReservation: { Name: name },
  GetDataCatalog: { Name: name },
  GetDatabase: { CatalogName: name, DatabaseName: name },
  GetNamedQuery: { NamedQueryId: unknown },
  GetPreparedStatement: { StatementName: name, WorkGroup: "primary" },
  GetQueryExecution: { QueryExecutionId: unknown },
  GetQueryResults: { QueryExecutionId: unknown },
  GetQueryRuntimeStatistics: { QueryExecutionId: unknown },
  GetSystemTableConfiguration: { TableName: "ALL" },
  GetTableMetadata: { CatalogName: name, DatabaseName: name, TableName: name },
  ListDatabases: { CatalogName: name },
  ListPreparedStatements: { WorkGroup: "primary" },
  ListTableMetadata: { CatalogName: name, DatabaseName: name },
  PutCapacityAssignmentConfiguration: { CapacityReservationName: name, CapacityAssignments: [] },
  StartQueryExecution: { QueryString: "SELECT 1" },
  StopQueryExecution: { QueryExecutionId: unknown },
  UpdateCapacityReservation: { Name: name, TargetDpus: 24 },
  UpdateDataCatalog: { Name: name, Type: "HIVE" },
  UpdateNamedQuery: { NamedQueryId: unknown, Name: name, QueryString: "SELECT 1" },
  UpdatePreparedStatement: { StatementName: name, WorkGroup: "primary", QueryStatement: "SELECT 1" },
  UpdateSystemTableConfiguration: { TableName: "ALL" },
};
