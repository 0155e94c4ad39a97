import fc from "fast-check";
import { expect, test } from "vitest";
import { targetOf } from "./target.ts";

// fast-check's own "binary" unit takes seconds to set up.
const character = fc
  .integer({ min: 0, max: 0x10ffff })
  .filter((point) => point < 0xd800 || point > 0xdfff)
  .map((point) => String.fromCodePoint(point));

test.each([
  ["/", "", ""],
  ["/zoo", "zoo", ""],
  ["/zoo/", "zoo", ""],
  ["/zoo/a", "zoo", "a"],
  ["/zoo//a/", "zoo", "/a/"],
  ["/zoo/a+b%20c%2Bd", "zoo", "a+b c+d"],
  ["/zoo/%252F%2F", "zoo", "%2F/"],
  ["/zoo/%2e%2e/x", "zoo", "../x"],
  ["/%2e%2e/x", "..", "x"],
  ["/zoo%2Fa/b", "zoo/a", "b"],
  ["//zoo/a", "", "zoo/a"],
])("%s", (path, bucket, key) => {
  expect(targetOf(path)).toEqual({ bucket, key });
});

test("any key comes through encoding and decoding as it was", () => {
  fc.assert(
    fc.property(fc.string({ unit: character }), (key) => {
      expect(targetOf(`/zoo/${encodeURIComponent(key)}`).key).toBe(key);
      expect(targetOf(`/zoo/${key.split("/").map(encodeURIComponent).join("/")}`).key).toBe(key);
    }),
  );
});

test.each(["/zoo/%", "/zoo/%zz", "/zoo/%c3", "/zoo/%ff", "/%ff"])("%s is not a URI", (path) => {
  expect(() => targetOf(path)).toThrow("Couldn't parse the specified URI.");
});
