import { describe, expect, test } from "vitest";
import { deserialize } from "./deserialize.ts";
import { AwsError } from "./exceptions.ts";
import { findOperation, type OperationName } from "./model.ts";

function read(operation: OperationName, body: string): unknown {
  const found = findOperation(operation);
  if (!found) throw new Error(operation);
  return deserialize(Buffer.from(body), found.input);
}

function refusalOf(operation: OperationName, body: string): [string, string | undefined] | undefined {
  try {
    read(operation, body);
    return undefined;
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    return [error.type, error.hasMessage ? error.message : undefined];
  }
}

test("unknown members and nulls are left out, at every level", () => {
  const body =
    '{"WorkGroup":"w","Unknown":{"x":[1]},"Description":null,"EngineConfiguration":{"SparkProperties":{"a":"b","c":null},"x":1,"MaxConcurrentDpus":null},"Tags":[{"Key":"k","Value":null,"x":1}]}';
  expect(read("StartSession", body)).toEqual({
    WorkGroup: "w",
    EngineConfiguration: { SparkProperties: { a: "b" } },
    Tags: [{ Key: "k" }],
  });
});

test("names of Object's own are members like any other", () => {
  expect(read("StartSession", '{"constructor":1,"EngineConfiguration":{"SparkProperties":{"toString":"x"}}}')).toEqual({
    EngineConfiguration: { SparkProperties: { toString: "x" } },
  });
});

describe("the first wrong type ends it, in AWS's words", () => {
  const list = "Start of list found where not expected";
  const structure = "Start of structure or map found where not expected.";
  test.each<[OperationName, string, string | undefined]>([
    ["ListSessions", "5", undefined],
    ["ListSessions", "true", undefined],
    ["ListSessions", "[]", list],
    ["ListSessions", '{"MaxResults":"5"}', "STRING_VALUE can not be converted to an Integer"],
    ["ListSessions", '{"MaxResults":true}', "TRUE_VALUE can not be converted to an Integer"],
    ["ListSessions", '{"MaxResults":false}', "FALSE_VALUE can not be converted to an Integer"],
    ["ListSessions", '{"MaxResults":1.5}', "NUMBER_VALUE can not be converted to an Integer"],
    ["ListSessions", '{"MaxResults":[1]}', list],
    ["ListSessions", '{"MaxResults":{}}', structure],
    ["ListSessions", '{"WorkGroup":5}', "NUMBER_VALUE can not be converted to a String"],
    ["ListSessions", '{"WorkGroup":5,"MaxResults":"x"}', "NUMBER_VALUE can not be converted to a String"],
    ["StartSession", '{"CopyWorkGroupTags":"yes"}', "STRING_VALUE can not be converted to a Boolean"],
    ["StartSession", '{"EngineConfiguration":"x"}', "Expected null"],
    ["StartSession", '{"EngineConfiguration":[]}', list],
    ["StartSession", '{"EngineConfiguration":{"SparkProperties":7}}', "Expected null"],
    [
      "StartSession",
      '{"EngineConfiguration":{"SparkProperties":{"a":7}}}',
      "NUMBER_VALUE can not be converted to a String",
    ],
    ["StartSession", '{"Tags":"x"}', "Expected list or null"],
    ["StartSession", '{"Tags":{}}', structure],
    ["StartSession", '{"Tags":["x"]}', "Expected null"],
    ["UntagResource", '{"TagKeys":[5]}', "NUMBER_VALUE can not be converted to a String"],
  ])("%s %s", (operation, body, message) => {
    expect(refusalOf(operation, body)).toEqual(["SerializationException", message]);
  });
});

test("a number beyond 32 bits, or written with a fraction of nothing, has the right type", () => {
  expect(read("ListSessions", '{"MaxResults":99999999999}')).toEqual({ MaxResults: 99_999_999_999 });
  expect(read("ListSessions", '{"MaxResults":5.0}')).toEqual({ MaxResults: 5 });
});
