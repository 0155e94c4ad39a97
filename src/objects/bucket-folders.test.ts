import { mkdtempSync, statSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { openBuckets } from "./buckets.ts";
import { openBucketFolders } from "./bucket-folders.ts";

const folder = mkdtempSync(join(tmpdir(), "glaux-bucket-folders-"));
afterAll(() => rm(folder, { recursive: true }));
const bucketFolders = openBucketFolders(openBuckets(folder));

test("the folder of a URI is made with its bucket, and making it again is no error", async () => {
  const path = await bucketFolders.makeFolder("s3://new-bucket/a/b c");
  expect(path).toBe(join(folder, "new-bucket/a/b c"));
  expect(await bucketFolders.makeFolder("s3://new-bucket/a/b c")).toBe(path);
  expect(statSync(path).isDirectory()).toBe(true);
});

test.each(["s3://bucket", "s3://bucket/a/b", "s3://bucket/with space"])("%s can be held", (uri) => {
  expect(bucketFolders.canHold(uri)).toBe(true);
});

test.each([
  "s3://bucket//a",
  "s3://bucket/a//b",
  "s3://bucket/../x",
  "s3://a..b/x",
  "s3://192.168.0.1/x",
  `s3://bucket/${"x".repeat(256)}`,
  `s3://bucket/${"x/".repeat(500)}y`,
])("%s cannot", (uri) => {
  expect(bucketFolders.canHold(uri)).toBe(false);
});
