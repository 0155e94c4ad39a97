import { expect, test } from "vitest";
import { checkedTags, mergedTags } from "./tags.ts";

test("a tag without a value has the empty one", () => {
  expect(checkedTags([{ Key: "a" }, { Key: "b", Value: "c" }])).toEqual([
    { Key: "a", Value: "" },
    { Key: "b", Value: "c" },
  ]);
});

test.each([
  ["without a key", [{ Value: "v" }], /needs a Key/],
  ["of AWS", [{ Key: "aws:x" }], /aws: prefixed/],
  ["of AWS in capitals", [{ Key: "AWS:x" }], /aws: prefixed/],
  ["twice", [{ Key: "a" }, { Key: "a" }], /must be unique/],
])("a tag %s is refused", (_, tags, message) => {
  expect(() => checkedTags(tags)).toThrow(message);
});

test("keys that differ in case, or only contain the prefix, are legal", () => {
  expect(checkedTags([{ Key: "a" }, { Key: "A" }, { Key: "my-aws:x" }])).toHaveLength(3);
});

const numbered = (from: number, count: number) =>
  Array.from({ length: count }, (_, n) => ({ Key: `k${String(from + n)}`, Value: String(from) }));

test("a session's own tags win over its workgroup's, and only different keys count against the limit", () => {
  const merged = mergedTags(numbered(0, 50), numbered(49, 1));
  expect(merged).toHaveLength(50);
  expect(merged.at(-1)).toEqual({ Key: "k49", Value: "49" });
  expect(() => mergedTags(numbered(0, 50), numbered(50, 1))).toThrow(/at most 50 tags/);
});
