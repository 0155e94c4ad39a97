import fc from "fast-check";
import { expect, test } from "vitest";
import { compareBytes } from "./byte-order.ts";

// fast-check's own "binary" unit takes seconds to set up.
const character = fc
  .integer({ min: 0, max: 0x10ffff })
  .filter((point) => point < 0xd800 || point > 0xdfff)
  .map((point) => String.fromCodePoint(point));

test("strings compare as their UTF-8 bytes do", () => {
  // UTF-16's order differs from UTF-8's for code points near the surrogates.
  const unit = fc.constantFrom("a", "/", "-", "\u{e000}", "\u{ff5e}", "\u{10000}", "\u{1f600}", "é");
  const text = fc.oneof(fc.string({ unit: character }), fc.string({ unit }));
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(Math.sign(compareBytes(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
  );
});

test("a dash comes before a slash, and a surrogate pair behind U+FF5E", () => {
  expect(["a/b", "a-b", "a0", "a"].sort(compareBytes)).toEqual(["a", "a-b", "a/b", "a0"]);
  expect(["\u{1f600}", "\u{ff5e}"].sort(compareBytes)).toEqual(["\u{ff5e}", "\u{1f600}"]);
});
