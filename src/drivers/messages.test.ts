import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { packageRoot } from "../lib/package-root.ts";
import { answers, events, isJournaled, parseDriverLine } from "./messages.ts";

const fixtures = join(packageRoot(), "test/fixtures/messages");

function examples(folder: string): { type: string; line: string }[] {
  return readdirSync(join(fixtures, folder)).flatMap((file) => {
    const list = JSON.parse(readFileSync(join(fixtures, folder, file), "utf8")) as object[];
    return list.map((example) => ({ type: file.replace(".json", ""), line: JSON.stringify(example) }));
  });
}

describe("the messages that both ends share", () => {
  test.each(examples("events"))("event $type: $line", ({ type, line }) => {
    const message = parseDriverLine(line);
    expect(message).toMatchObject({ type });
    expect(message && isJournaled(message)).toBe(true);
  });

  test.each(examples("supervisor-to-server"))("answer $type: $line", ({ type, line }) => {
    const message = parseDriverLine(line);
    expect(message).toMatchObject({ type });
    expect(message && isJournaled(message)).toBe(false);
  });

  test("each message has an example", () => {
    expect(new Set(examples("events").map(({ type }) => type))).toEqual(new Set(Object.keys(events)));
    expect(new Set(examples("supervisor-to-server").map(({ type }) => type))).toEqual(new Set(Object.keys(answers)));
  });
});

test.each(["", "{", '"text"', "null", '{"type":"from the future"}', '{"type":"welcome","seq":3}'])(
  "%j is no message",
  (line) => {
    expect(parseDriverLine(line)).toBeUndefined();
  },
);

test.each(['{"type":"from the future","seq":3}', '{"type":"finished","seq":3}'])("%s is an unknown event", (line) => {
  const message = parseDriverLine(line);
  expect(message).toEqual({ type: "unknown", seq: 3, line });
  expect(message && isJournaled(message)).toBe(true);
});

describe("a calculation that its driver ended with", () => {
  const finished = {
    ...{ type: "finished", seq: 1, at: 1, calculationId: "c", outcome: "failed", errorMessage: "the JVM is gone" },
    ...{ variablesLost: true, displayed: false, durationMs: 1, dpuMs: 1 },
  };

  test.each([
    ["says why", { errorType: "SparkDriverLost", driverLost: "killed" }, "killed"],
    ["says why after a Stop, too", { outcome: "canceled", errorType: null, driverLost: "killed" }, "killed"],
    ["said so by its error type, in earlier versions", { errorType: "SparkDriverLost" }, "the JVM is gone"],
    ["is not one whose own error has that name", { errorType: "SparkDriverLost", driverLost: null }, null],
    ["is not one of an earlier version with another error", { errorType: "PythonProcessLost" }, null],
  ])("%s", (_name, members, driverLost) => {
    expect(parseDriverLine(JSON.stringify({ ...finished, ...members }))).toMatchObject({
      type: "finished",
      driverLost,
    });
  });
});

test("members that are not known are ignored", () => {
  expect(parseDriverLine('{"type":"pong","id":3,"jvm":true,"more":1}')).toEqual({ type: "pong", id: 3, jvm: true });
});
