import { expect, test } from "vitest";
import { findOperation, type OperationName } from "./model.ts";
import { serialize } from "./serialize.ts";

function written(operation: OperationName, answer: object): string {
  const output = findOperation(operation)?.output;
  if (!output) throw new Error(operation);
  return serialize(answer, output);
}

test("an empty answer is an empty object", () => {
  expect(written("DeleteNotebook", {})).toBe("{}");
});

test("dates are epoch seconds, with milliseconds as decimals", () => {
  const at = new Date("2026-11-20T10:15:00.123Z");
  expect(written("GetSessionStatus", { Status: { StartDateTime: at } })).toBe(
    '{"Status":{"StartDateTime":1795169700.123}}',
  );
  expect(written("GetSessionStatus", { Status: { StartDateTime: new Date(1000) } })).toBe(
    '{"Status":{"StartDateTime":1}}',
  );
});

test("dates that the model declares as whole numbers are epoch milliseconds, numbers stay as they are", () => {
  expect(
    written("ListExecutors", {
      SessionId: "s",
      ExecutorsSummary: [{ ExecutorId: "e", StartDateTime: new Date(1234) }],
    }),
  ).toBe('{"SessionId":"s","ExecutorsSummary":[{"ExecutorId":"e","StartDateTime":1234}]}');
  expect(written("CreatePresignedNotebookUrl", { AuthTokenExpirationTime: 5 })).toBe('{"AuthTokenExpirationTime":5}');
});

test("undefined, null and what the model does not know is dropped, at every level", () => {
  const answer = {
    State: null,
    SessionId: "s",
    unknown: 1,
    EngineConfiguration: { SparkProperties: { a: "b", c: undefined, d: null }, AdditionalConfigs: undefined, x: 1 },
  };
  expect(written("GetSession", answer)).toBe('{"SessionId":"s","EngineConfiguration":{"SparkProperties":{"a":"b"}}}');
});

test.each([
  ["a number for a string", { SessionId: 5 }],
  ["a string for a structure's date", { Status: { StartDateTime: "today" } }],
  ["a date that is none", { Status: { StartDateTime: new Date(NaN) } }],
])("our own mistakes throw, naming the member: %s", (_, answer) => {
  expect(() => written("GetSessionStatus", answer)).toThrow(/^answer\.(SessionId|Status\.StartDateTime) is not a/);
});
