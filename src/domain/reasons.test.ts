import fc from "fast-check";
import { expect, test } from "vitest";
import { reason } from "./reasons.ts";

test("nothing is no reason", () => {
  for (const nothing of ["", null, undefined]) expect(reason(nothing)).toBeUndefined();
});

test("any text becomes one that the API's model allows, and no character is cut in two", () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, maxLength: 3000, unit: "binary", size: "max" }), (text) => {
      const cut = reason(text) ?? "";
      expect(cut.length).toBeGreaterThan(0);
      expect(cut.length).toBeLessThanOrEqual(1024);
      expect(cut.isWellFormed()).toBe(text.isWellFormed());
      if (text.length <= 1024) expect(cut).toBe(text);
    }),
  );
});
