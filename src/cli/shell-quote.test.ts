import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { expect, test } from "vitest";
import { shellQuote } from "./shell-quote.ts";

test("a shell reads back exactly what was quoted", () => {
  const text = fc
    .string({ unit: "binary", maxLength: 30 })
    .filter((word) => !word.includes("\0") && word.isWellFormed());
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 20 }), (words) => {
      const read = execFileSync("/bin/sh", ["-c", `printf '%s\\0' ${words.map(shellQuote).join(" ")}`], {
        encoding: "utf8",
      });
      expect(read.split("\0").slice(0, -1)).toEqual(words);
    }),
    { numRuns: 50 },
  );
});

test("what needs no quotes has none", () => {
  expect(shellQuote("/home/ada/.glaux/aws/config")).toBe("/home/ada/.glaux/aws/config");
  expect(shellQuote("/a b/it's")).toBe(`'/a b/it'\\''s'`);
});
