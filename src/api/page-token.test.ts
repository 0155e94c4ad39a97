import fc from "fast-check";
import { expect, test } from "vitest";
import { page, pageTokens } from "./page-token.ts";

const tokens = pageTokens("secret");

test("a token gives back its position for the same operation and filters", () => {
  const token = tokens.make("ListSessions", { workGroup: "primary" }, { at: 7, id: "x" });
  expect(tokens.read("ListSessions", { workGroup: "primary" }, token)).toEqual({ at: 7, id: "x" });
  expect(tokens.read("ListSessions", { workGroup: "primary" }, undefined)).toBeUndefined();
});

test.each([
  [
    "another operation",
    () =>
      tokens.read(
        "ListWorkGroups",
        { workGroup: "primary" },
        tokens.make("ListSessions", { workGroup: "primary" }, {}),
      ),
  ],
  [
    "another filter",
    () => tokens.read("ListSessions", { workGroup: "b" }, tokens.make("ListSessions", { workGroup: "a" }, {})),
  ],
  ["another server", () => tokens.read("ListSessions", {}, pageTokens("other").make("ListSessions", {}, {}))],
])("a token of %s is refused", (_what, read) => {
  expect(read).toThrow(/NextToken is not valid/);
});

test("no forged text is a token", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(() => tokens.read("ListSessions", {}, text)).toThrow(/NextToken is not valid/);
    }),
  );
});

test("pages of any size make up the whole list", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(fc.nat()), fc.integer({ min: 1, max: 10 }), async (numbers, limit) => {
      const sorted = numbers.sort((a, b) => a - b);
      const list = (after: { n: number } | undefined, count: number) =>
        Promise.resolve(sorted.filter((n) => !after || n > after.n).slice(0, count));
      const seen: number[] = [];
      let token: string | undefined;
      do {
        const { rows, NextToken } = await page(tokens, { operation: "X", filters: {}, token, limit }, list, (n) => ({
          n,
        }));
        expect(rows.length).toBeLessThanOrEqual(limit);
        seen.push(...rows);
        token = NextToken;
      } while (token !== undefined);
      expect(seen).toEqual(sorted);
    }),
    // A row may be a falsy value.
    { examples: [[[0, 1], 1]] },
  );
});
