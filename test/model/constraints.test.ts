// Every constrained member of every served operation, sent to the real service. A value outside a bound gets
// the exact text of the violation. A value inside gets an answer that mentions no constraint. There is no
// list of exceptions.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findOperation } from "../../src/protocol/model.ts";
import { startEnginelessServer, type EnginelessServer } from "../support/engineless-server.ts";
import { signedCalls, type SignedCalls } from "../support/signed-calls.ts";
import { constraintCases, type ConstraintCase } from "./constraint-cases.ts";
import { servedOperations } from "./served-operations.ts";
import { typeCases } from "./type-cases.ts";

let server: EnginelessServer;
let calls: SignedCalls;

beforeAll(async () => {
  server = await startEnginelessServer();
  calls = signedCalls(server);
  await calls.post("CreateWorkGroup", '{"Name":"spare"}');
});
afterAll(async () => {
  calls[Symbol.dispose]();
  await server[Symbol.asyncDispose]();
});

const all = servedOperations.map((operation) => ({ name: operation.name, cases: constraintCases(operation) }));
const constrained = all.filter(({ cases }) => cases.length > 0);

test("the cases reach both sides of the bounds", () => {
  const cases = all.flatMap((operation) => operation.cases);
  const outside = cases.filter(({ violations }) => violations.length > 0);
  expect(outside.length).toBeGreaterThan(300);
  expect(cases.length - outside.length).toBeGreaterThan(200);
});

describe("bounds of", () => {
  test.each(constrained)("$name", { timeout: 60_000 }, async ({ cases }) => {
    expect(await wrongAnswers(cases)).toEqual([]);
  });
});

describe("types of", () => {
  const typed = servedOperations.map((operation) => ({ name: operation.name, cases: typeCases(operation) }));
  test.each(typed.filter(({ cases }) => cases.length > 0))("$name", async ({ cases }) => {
    const answers = cases.map(async (one) => {
      const { status, body } = await calls.post(one.operation, one.body);
      const wanted = { __type: "SerializationException", Message: one.message };
      expect({ status, ...(JSON.parse(body) as object) }, one.name).toEqual({ status: 400, ...wanted });
    });
    await Promise.all(answers);
  });
});

async function wrongAnswers(cases: readonly ConstraintCase[]): Promise<string[]> {
  const found: string[] = [];
  const waiting = [...cases];
  const work = async () => {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) {
      const complaint = complaintOf(one, await calls.post(one.operation, one.body()));
      if (complaint !== undefined) found.push(`${one.name} → ${complaint}`);
    }
  };
  await Promise.all(Array.from({ length: 8 }, work));
  return found;
}

function complaintOf(one: ConstraintCase, { status, body }: { status: number; body: string }): string | undefined {
  const answer = JSON.parse(body) as { __type?: string; Message?: string };
  if (one.violations.length === 0) {
    // The request may be refused for other reasons, but only by an exception that the operation declares.
    const isDeclared = answer.__type === undefined || findOperation(one.operation)?.errors.includes(answer.__type);
    const isFine = status < 500 && isDeclared === true && !/constraint|validation error/.test(body);
    return isFine ? undefined : body.slice(0, 500);
  }
  const count = one.violations.length;
  const wanted = {
    __type: "InvalidRequestException",
    AthenaErrorCode: "INVALID_INPUT",
    ErrorCode: "INVALID_INPUT",
    Message: `${String(count)} validation error${count === 1 ? "" : "s"} detected: ${one.violations.join("; ")}`,
  };
  const isSame = status === 400 && JSON.stringify(answer) === JSON.stringify(wanted);
  return isSame ? undefined : `${String(status)} ${body.slice(0, 700)}, wanted: ${wanted.Message.slice(0, 500)}`;
}
