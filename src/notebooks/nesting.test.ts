import fc from "fast-check";
import { expect, test } from "vitest";
import { isNestedTooDeep } from "./nesting.ts";

const nested = (depth: number, open = "[", close = "]") => open.repeat(depth) + close.repeat(depth);

test("a hundred levels are enough, one more is too deep", () => {
  expect(isNestedTooDeep(nested(100))).toBe(false);
  expect(isNestedTooDeep(nested(101))).toBe(true);
  expect(isNestedTooDeep(nested(101, '{"a":', "}"))).toBe(true);
  expect(isNestedTooDeep(`[${"[],".repeat(500)}[]]`)).toBe(false);
});

test("brackets in strings do not count, whatever is escaped there", () => {
  const value = fc.jsonValue({ maxDepth: 5, stringUnit: fc.constantFrom("[", "{", "]", "}", '"', "\\", "a", "\n") });
  fc.assert(
    fc.property(value, fc.integer({ min: 0, max: 120 }), (inner, depth) => {
      const text = "[".repeat(depth) + JSON.stringify(inner) + "]".repeat(depth);
      expect(isNestedTooDeep(text)).toBe(depth + depthOf(inner) > 100);
    }),
  );
});

test("text that is no JSON is looked at to its end, and no further", () => {
  for (const text of ["", '"', '"\\', "]]]]", '"[', `"${nested(200)}`]) expect(isNestedTooDeep(text)).toBe(false);
});

test("ten megabytes of brackets are refused at once", () => {
  const before = performance.now();
  expect(isNestedTooDeep("[".repeat(10_485_760))).toBe(true);
  expect(performance.now() - before).toBeLessThan(100);
});

function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}
