import { expect, test } from "vitest";
import { calculationObjects, outputFolder } from "./output-location.ts";

test.each([
  ["s3://bucket", "s3://bucket"],
  ["s3://bucket/", "s3://bucket"],
  ["s3://bucket/a/b//", "s3://bucket/a/b"],
  ["s3://bucket/with space/ü", "s3://bucket/with space/ü"],
])("%s is the folder %s", (location, folder) => {
  expect(outputFolder(location)).toBe(folder);
});

test.each([
  "",
  "bucket/a",
  "s3:/bucket",
  "s3://",
  "s3://UPPER/a",
  "s3://b/a",
  "https://bucket/a",
  "s3a://bucket/a",
  "s3://-bucket/",
])("%j is none", (location) => {
  expect(outputFolder(location)).toBeUndefined();
});

test("a calculation has three objects, and no slash is doubled", () => {
  expect(calculationObjects("s3://bucket/s/c")).toEqual({
    stdout: "s3://bucket/s/c/stdout",
    stderr: "s3://bucket/s/c/stderr",
    results: "s3://bucket/s/c/results",
  });
});
