import fc from "fast-check";
import { expect, test } from "vitest";
import { fit, maxColumns } from "./columns.ts";

test("characters that fill two columns count as two, so a line of them is cut before it wraps", () => {
  expect(fit("日本語のテーブル", 10, "...")).toBe("日本語...");
  expect(fit("日本語", 6, "...")).toBe("日本語");
  expect(fit("x".repeat(11), 10, "...")).toBe(`${"x".repeat(7)}...`);
});

test("any text fits, and no character is cut in two", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.integer({ min: 3, max: 60 }), (text, columns) => {
      const cut = fit(text, columns, "...");
      expect(maxColumns(cut)).toBeLessThanOrEqual(columns);
      expect(cut === text || (cut.endsWith("...") && text.startsWith(cut.slice(0, -3)))).toBe(true);
      expect(cut.isWellFormed()).toBe(true);
    }),
  );
});
