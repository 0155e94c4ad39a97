import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { JsonError, parseJson } from "./json.ts";

const parse = (text: string) => parseJson(Buffer.from(text, "utf8"));

function outcome(read: () => unknown): unknown {
  try {
    return { value: read() };
  } catch (error) {
    if (error instanceof JsonError || error instanceof SyntaxError) return "refused";
    throw error;
  }
}

const wellFormed = (text: string) => text.isWellFormed() && !text.includes('"__proto__"');

test("reads what JSON.stringify writes, compact or with white space", () => {
  const json = fc.json().filter(wellFormed);
  fc.assert(
    fc.property(json, fc.constantFrom("", " ", "\t", "\r\n"), (text, space) => {
      const value = JSON.parse(text) as unknown;
      expect(parse(JSON.stringify(value, null, space))).toEqual(value);
    }),
  );
});

test("agrees with JSON.parse on text that is nearly JSON", () => {
  const damaged = fc
    .tuple(
      fc.json().filter(wellFormed),
      fc.nat(),
      fc.constantFrom("", "{", "}", "[", "]", '"', ",", ":", "\\", "0", "-", ".", "e", "\n", "t"),
    )
    .map(
      ([text, at, piece]) => text.slice(0, at % (text.length + 1)) + piece + text.slice((at % (text.length + 1)) + 1),
    );
  fc.assert(
    fc.property(damaged.filter(wellFormed), (text) => {
      const ours = outcome(() => parse(text));
      const theirs = outcome(() => JSON.parse(text) as unknown);
      // parseJson may refuse what JSON.parse takes: two equal names, half a surrogate pair, a number out of
      // range.
      if (ours === "refused" && theirs !== "refused") {
        expect(() => parse(text)).toThrow(/same name|surrogate|too large/);
      } else expect(ours).toEqual(theirs);
    }),
    { numRuns: 2_000 },
  );
});

describe("refuses without a reason what is no JSON", () => {
  test.each([
    "",
    " ",
    "{",
    "}",
    "[1,]",
    "{,}",
    '{"a":1,}',
    '{"a"}',
    "{a:1}",
    "'a'",
    "01",
    "+1",
    ".5",
    "1.",
    "-",
    "1e",
    "NaN",
    "Infinity",
    "nul",
    "True",
    '"',
    '"\\"',
    '"\n"',
    '"\\x"',
    '"\\u12"',
    "1 2",
    "{} x",
    "//",
    "\ufeff{}",
    "\u00a0{}",
  ])("%j", (text) => {
    expect(() => parse(text)).toThrow(new JsonError());
  });

  test("invalid UTF-8", () => {
    for (const bytes of [
      [0x22, 0xff, 0x22],
      [0x22, 0xc0, 0x80, 0x22],
      [0x22, 0xed, 0xa0, 0x80, 0x22],
    ]) {
      expect(() => parseJson(Buffer.from(bytes))).toThrow(new JsonError());
    }
  });
});

describe("refuses, with the reason, what is not safe to store or to pass on", () => {
  test.each([
    ['{"a":1,"b":2,"a":3}', "same name"],
    ['{"a":1,"\\u0061":3}', "same name"],
    ['{"__proto__":{"x":1}}', "__proto__"],
    ['{"\\u005f_proto__":1}', "__proto__"],
    ['"\\ud800"', "surrogate"],
    ['{"\\udc00":1}', "surrogate"],
    ["1e400", "too large"],
    ["-1e400", "too large"],
    [`${"[".repeat(65)}${"]".repeat(65)}`, "nested deeper than 64"],
    [`[${"0,".repeat(200_000)}0]`, "more than 200000 values"],
  ])("%.40s", (text, reason) => {
    expect(() => parse(text)).toThrow(reason);
  });

  test("and takes what is just inside", () => {
    expect(parse(`${"[".repeat(64)}${"]".repeat(64)}`)).toBeTruthy();
    expect(parse('"\\ud83e\\udd89"')).toBe("🦉");
    expect(parse('{"constructor":1,"toString":2}')).toEqual({ constructor: 1, toString: 2 });
    expect(parse("1e308")).toBe(1e308);
  });
});

test.each([
  ["brackets", "[".repeat(3_000_000)],
  ["objects", '{"a":'.repeat(600_000)],
  ["backslashes", `"${"\\".repeat(3_000_000)}`],
  ["escaped quotes", `"${'\\"'.repeat(1_500_000)}`],
  ["quotes", '"'.repeat(3_000_000)],
  ["digits", "9".repeat(3_000_000)],
  ["fraction digits", `0.${"9".repeat(3_000_000)}x`],
  ["white space", " ".repeat(3_000_000)],
  ["empty lists", `[${"[],".repeat(1_000_000)}`],
  ["names", `{${Array.from({ length: 300_000 }, (_, index) => `"${String(index)}":0`).join()}`],
])("three megabytes of %s are refused in no time", (_, text) => {
  const bytes = Buffer.from(text);
  // The test measures processor time and not elapsed time, because other work may slow it down.
  const before = process.cpuUsage();
  expect(() => parseJson(bytes)).toThrow(JsonError);
  expect(process.cpuUsage(before).user).toBeLessThan(1_500_000);
});
