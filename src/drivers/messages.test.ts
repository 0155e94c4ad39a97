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

test("members that are not known are ignored", () => {
  expect(parseDriverLine('{"type":"pong","id":3,"jvm":true,"more":1}')).toEqual({ type: "pong", id: 3, jvm: true });
});
