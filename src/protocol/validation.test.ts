import { describe, expect, test } from "vitest";
import { findOperation, operationNames, type OperationName, type ScalarShape, type Shape } from "./model.ts";
import { shapeSources } from "./model.generated.ts";
import { validate } from "./validation.ts";

function messageOf(operation: OperationName, input: Record<string, unknown>): string | undefined {
  const found = findOperation(operation);
  if (!found) throw new Error(operation);
  try {
    validate(input, found.input);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

const one = (path: string, text: string) =>
  `1 validation error detected: Value at '${path}' failed to satisfy constraint: ${text}`;
const engine = (EngineConfiguration: object) => ({ WorkGroup: "w", EngineConfiguration });

describe("AWS's words", () => {
  test.each<[OperationName, Record<string, unknown>, string]>([
    [
      "ListSessions",
      { WorkGroup: "w", MaxResults: 101 },
      one("maxResults", "Member must have value less than or equal to 100"),
    ],
    [
      "ListSessions",
      { WorkGroup: "w", MaxResults: 2 ** 40 },
      one("maxResults", "Member must have value less than or equal to 100"),
    ],
    [
      "ListSessions",
      { WorkGroup: "w", MaxResults: 0 },
      one("maxResults", "Member must have value greater than or equal to 1"),
    ],
    [
      "ListSessions",
      { WorkGroup: "w", StateFilter: "NAPPING" },
      one(
        "stateFilter",
        "Member must satisfy enum value set: [CREATING, CREATED, IDLE, BUSY, TERMINATING, TERMINATED, DEGRADED, FAILED]",
      ),
    ],
    [
      "ListSessions",
      { WorkGroup: "a b" },
      one("workGroup", "Member must satisfy regular expression pattern: [a-zA-Z0-9._-]{1,128}"),
    ],
    ["GetSession", { SessionId: "" }, one("sessionId", "Member must have length greater than or equal to 1")],
    [
      "GetSession",
      { SessionId: "x".repeat(257) },
      one("sessionId", "Member must have length less than or equal to 256"),
    ],
    [
      "StartSession",
      engine({ SparkProperties: { "": "x" } }),
      one(
        "engineConfiguration.sparkProperties",
        "Map keys must satisfy constraint: [Member must have length less than or equal to 255, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: [\\u0020-\\uD7FF\\uE000-\\uFFFD\\uD800\\uDC00-\\uDBFF\\uDFFF\\t]*]",
      ),
    ],
    [
      "StartSession",
      engine({ SparkProperties: { k: "x".repeat(51_201) } }),
      one(
        "engineConfiguration.sparkProperties",
        "Map value must satisfy constraint: [Member must have length less than or equal to 51200]",
      ),
    ],
    [
      "StartSession",
      { ...engine({}), Tags: [{ Key: "" }, null] },
      "2 validation errors detected: Value at 'tags.1.member.key' failed to satisfy constraint: Member must have length greater than or equal to 1; Value null at 'tags.2.member' failed to satisfy constraint: Member must not be null",
    ],
    [
      "UntagResource",
      { ResourceARN: "arn:x", TagKeys: ["a", ""] },
      one(
        "tagKeys",
        "Member must satisfy constraint: [Member must have length less than or equal to 128, Member must have length greater than or equal to 1]",
      ),
    ],
    [
      "UntagResource",
      {},
      "2 validation errors detected: Value null at 'resourceARN' failed to satisfy constraint: Member must not be null; Value null at 'tagKeys' failed to satisfy constraint: Member must not be null",
    ],
    [
      "StartSession",
      { EngineConfiguration: { MaxConcurrentDpus: 1 } },
      "2 validation errors detected: Value null at 'workGroup' failed to satisfy constraint: Member must not be null; Value at 'engineConfiguration.maxConcurrentDpus' failed to satisfy constraint: Member must have value greater than or equal to 2",
    ],
  ])("%s %#", (operation, input, message) => {
    expect(messageOf(operation, input)).toBe(message);
  });
});

test("no value is echoed", () => {
  expect(messageOf("ListSessions", { WorkGroup: "secret value", StateFilter: "secret value" })).not.toContain("secret");
});

test("length is counted in code points", () => {
  const code = (length: number) => ({ SessionId: "s", CodeBlock: "🦉".repeat(length) });
  expect(messageOf("StartCalculationExecution", code(68_000))).toBeUndefined();
  expect(messageOf("StartCalculationExecution", code(68_001))).toBe(
    one("codeBlock", "Member must have length less than or equal to 68000"),
  );
});

test("a pattern matches the whole value, beyond the first plane too", () => {
  expect(messageOf("GetWorkGroup", { WorkGroup: "fine" })).toBeUndefined();
  expect(messageOf("GetWorkGroup", { WorkGroup: "fine\n" })).toContain("pattern");
  expect(messageOf("GetWorkGroup", { WorkGroup: `${"x".repeat(128)}y` })).toContain("pattern");
  expect(messageOf("StartSession", engine({ SparkProperties: { "🦉": "x" } }))).toBeUndefined();
  expect(messageOf("CreateNotebook", { WorkGroup: "w", Name: "a/b" })).toContain("pattern");
});

test("every operation's empty input is refused exactly if the model requires a member", () => {
  for (const name of operationNames) {
    const required = [...(findOperation(name)?.input.members.values() ?? [])].filter((member) => member.isRequired);
    const expected = required.map(
      ({ label }) => `Value null at '${label}' failed to satisfy constraint: Member must not be null`,
    );
    const message = messageOf(name, {});
    expect(message?.replace(/^.*? detected: /, "").split("; ") ?? []).toEqual(expected);
  }
});

test("no pattern takes long on hostile text", () => {
  const hostile = ["a", "0", "-", "/", "s3://a", "arn:aws:", "arn:aws-a:kms:a:", " ", "🦉", "key/", "a-"].flatMap(
    (unit) => [
      unit.repeat(100_000),
      `${unit.repeat(100_000)}\n`,
      `s3://${unit.repeat(100_000)}\n`,
      `arn:aws:kms:${unit.repeat(100_000)}!`,
    ],
  );
  const patterns = Object.values(shapeSources).filter(({ pattern }) => pattern !== undefined);
  expect(patterns.length).toBeGreaterThan(10);
  for (const shape of reachable().filter(({ pattern }) => pattern !== undefined)) {
    for (const text of hostile) {
      const before = process.cpuUsage();
      shape.pattern?.regExp.test(text);
      expect(process.cpuUsage(before).user, shape.pattern?.text).toBeLessThan(500_000);
    }
  }
});

function reachable(): ScalarShape[] {
  const found = new Set<ScalarShape>();
  const walk = (shape: Shape): void => {
    if (shape.type === "structure") for (const member of shape.members.values()) walk(member.shape);
    else if (shape.type === "list") walk(shape.item);
    else if (shape.type === "map") [shape.key, shape.value].forEach(walk);
    else found.add(shape);
  };
  for (const name of operationNames) {
    const input = findOperation(name)?.input;
    if (input) walk(input);
  }
  return [...found];
}
