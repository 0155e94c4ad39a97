import { expect, test } from "vitest";
import { S3Error } from "./errors.ts";
import { rangeOf } from "./range.ts";

test.each([
  ["bytes=0-0", 0, 0],
  ["bytes=2-4", 2, 4],
  ["bytes=2-", 2, 9],
  ["bytes=-3", 7, 9],
  ["bytes=-99", 0, 9],
  ["bytes=9-99", 9, 9],
  ["bytes=0-99999999999999999999999", 0, 9],
  ["Bytes = 2 - 4 ", 2, 4],
])("%s of ten bytes", (header, start, end) => {
  expect(rangeOf(header, 10)).toEqual({ start, end });
});

test.each([
  undefined,
  "",
  "bytes",
  "bytes=",
  "bytes=-",
  "bytes=4-2",
  "bytes=a-b",
  "bytes=0-1,3-4",
  "items=0-1",
  "bytes=1.5-2",
])("%j asks for all", (header) => {
  expect(rangeOf(header, 10)).toBeUndefined();
});

test.each([
  ["bytes=10-", 10],
  ["bytes=10-20", 10],
  ["bytes=-0", 10],
  ["bytes=0-", 0],
  ["bytes=-1", 0],
  ["bytes=99999999999999999999999-", 10],
])("nothing of %s is in %d bytes", (header, size) => {
  expect(() => rangeOf(header, size)).toThrow(S3Error);
  expect(() => rangeOf(header, size)).toThrow("The requested range is not satisfiable");
});
