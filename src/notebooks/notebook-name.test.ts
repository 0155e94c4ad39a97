import fc from "fast-check";
import { expect, test } from "vitest";
import { checkedName } from "./notebook-name.ts";

const separators = ["/", ":", "\\"];

test("a name without separators stays as it is, in any script", () => {
  const names = fc.string({ unit: "grapheme" }).filter((name) => !separators.some((one) => name.includes(one)));
  fc.assert(fc.property(names, (name) => checkedName(name) === name));
});

test("a separator is refused wherever it stands, also behind what a regular expression takes for the end of a line", () => {
  const pieces = fc.tuple(
    fc.string({ unit: "grapheme" }),
    fc.constantFrom("", "\u2028", "\u2029", "\n"),
    fc.constantFrom(...separators),
    fc.string({ unit: "grapheme" }),
  );
  fc.assert(
    fc.property(pieces, (piece) => {
      expect(() => checkedName(piece.join(""))).toThrow("must not contain");
    }),
  );
});
