// Every served operation, called through the SDK for JavaScript and through boto3. The bytes of each answer
// are compared with the model.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { athenaUser, type AthenaUser } from "../support/athena-user.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { boto3Caller, javaScriptCaller, type Caller, type RawAnswer } from "./callers.ts";
import { faults } from "./output-shape.ts";
import { servedOperations } from "./served-operations.ts";
import { story, type Known, type Step } from "./story.ts";

let server: TestServer;
let user: AthenaUser;
let javaScript: ReturnType<typeof javaScriptCaller>;
let boto3: ReturnType<typeof boto3Caller>;

beforeAll(async () => {
  server = await startServer();
  user = athenaUser(server);
  javaScript = javaScriptCaller();
  boto3 = boto3Caller(server.env);
});
afterAll(async () => {
  await boto3[Symbol.asyncDispose]();
  javaScript[Symbol.dispose]();
  user[Symbol.dispose]();
  await server[Symbol.asyncDispose]();
});

const newKnown = (client: string): Known => ({
  client,
  sessionId: "",
  sessionNotebookId: "",
  calculationId: "",
  notebookId: "",
});
const knownTo = { javaScript: newKnown("js"), boto3: newKnown("boto3") };

describe.each(Object.entries(story))("%s", (name, step) => {
  test.each<[string, Known, () => Caller]>([
    ["the SDK for JavaScript", knownTo.javaScript, () => javaScript],
    ["boto3", knownTo.boto3, () => boto3],
  ])("by %s", async (_, known, caller) => {
    await step.before?.(known, user);
    judge(name, step, await caller().call(name, step.input(known)), known);
  });
});

function judge(name: string, step: Step, { status, body, error }: RawAnswer, known: Known): void {
  const answer = JSON.parse(body) as Record<string, unknown>;
  if (step.refused !== undefined) {
    expect({ status, error, __type: answer["__type"] }).toEqual({
      status: 400,
      error: "InvalidRequestException",
      __type: "InvalidRequestException",
    });
    expect(answer["Message"]).toMatch(step.refused);
    return;
  }
  expect(status, body).toBe(200);
  expect(error).toBeUndefined();
  const shape = servedOperations.find((operation) => operation.name === name)?.output ?? expect.unreachable();
  expect(faults(answer, shape)).toEqual([]);
  expect(Object.keys(answer)).toEqual(expect.arrayContaining([...(step.shows ?? [])]));
  expect((step.shows ?? []).filter((member) => isEmptyList(answer[member]))).toEqual([]);
  step.keep?.(answer, known);
}

const isEmptyList = (value: unknown) => Array.isArray(value) && value.length === 0;
