import { mkdir, mkdtempDisposable, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { InvalidBucketName, InvalidS3Uri, openBuckets, parseS3Uri, type Buckets } from "./buckets.ts";

// fast-check's own "binary" unit takes seconds to set up.
const character = fc
  .integer({ min: 0, max: 0x10ffff })
  .filter((point) => point < 0xd800 || point > 0xdfff)
  .map((point) => String.fromCodePoint(point));

let folder: Awaited<ReturnType<typeof mkdtempDisposable>>;
let buckets: Buckets;

beforeEach(async () => {
  folder = await mkdtempDisposable(join(tmpdir(), "glaux-buckets-"));
  buckets = openBuckets(join(folder.path, "buckets"));
});
afterEach(() => folder.remove());

const path = (...parts: string[]) => join(folder.path, "buckets", ...parts);

describe("buckets", () => {
  test("are folders: made once, listed by name", async () => {
    await buckets.ensure("zoo");
    await buckets.ensure("glaux-000000000000");
    await buckets.ensure("zoo");
    await mkdir(path("Not_A_Bucket"));
    await writeFile(path("file"), "");
    const listed = await buckets.list();
    expect(listed.map(({ name }) => name)).toEqual(["glaux-000000000000", "zoo"]);
    for (const { createdAt } of listed) expect(Math.abs(Date.now() - createdAt)).toBeLessThan(60_000);
    expect(await buckets.exists("zoo")).toBe(true);
    for (const name of ["other", "Not_A_Bucket", "file", "..", "", "zoo/../zoo"])
      expect(await buckets.exists(name)).toBe(false);
  });

  test.each([
    "ab",
    "a".repeat(64),
    "Big",
    "a_b",
    "-ab",
    "ab-",
    ".ab",
    "a..b",
    "10.0.0.1",
    "xn--a",
    "a-s3alias",
    "a/b",
    "..",
    "a\n",
    "",
  ])("have no name like %j", async (name) => {
    await expect(buckets.ensure(name)).rejects.toThrow(InvalidBucketName);
  });

  test.each(["abc", "a".repeat(63), "a.b-c", "1ab", "10.0.0.1a"])("may be called %j", async (name) => {
    await buckets.ensure(name);
    expect(await buckets.exists(name)).toBe(true);
  });

  test("are never links", async () => {
    await using outside = await mkdtempDisposable(join(tmpdir(), "glaux-outside-"));
    await writeFile(join(outside.path, "secret"), "secret");
    await symlink(outside.path, path("link"));
    expect(await buckets.exists("link")).toBe(false);
    expect(await buckets.list()).toEqual([]);
    expect(await buckets.open("link", "secret")).toBeUndefined();
    expect((await buckets.listObjects("link", { prefix: "", maxKeys: 10 })).objects).toEqual([]);
    await expect(buckets.ensure("link")).rejects.toThrow("not a link");
    expect(() => buckets.pathOf("s3://link/secret")).toThrow(InvalidS3Uri);
  });

  test("work in a data folder that is reached through a link", async () => {
    await symlink(path(), join(folder.path, "elsewhere"));
    const same = openBuckets(join(folder.path, "elsewhere"));
    await same.ensure("zoo");
    await writeFile(path("zoo", "a"), "x");
    expect((await same.stat("zoo", "a"))?.size).toBe(1);
    expect((await same.listObjects("zoo", { prefix: "", maxKeys: 10 })).objects).toHaveLength(1);
  });
});

describe("pathOf", () => {
  test("gives the path of a key, whether or not it exists", () => {
    expect(buckets.pathOf("s3://zoo/a/b c/é%20+.csv")).toBe(path("zoo", "a", "b c", "é%20+.csv"));
    expect(buckets.pathOf("s3a://zoo/a/")).toBe(path("zoo", "a"));
    expect(buckets.pathOf("s3://zoo")).toBe(path("zoo"));
    expect(buckets.pathOf("s3://zoo/")).toBe(path("zoo"));
  });

  test.each([
    "s3://zoo/..",
    "s3://zoo/a/../b",
    "s3://zoo/./a",
    "s3://zoo//a",
    "s3://zoo/a//b",
    "s3://zoo//",
    "s3://zoo/a\0b",
    "s3://../zoo/a",
    "s3://./a",
    "s3:///a",
    "s3://",
    "",
    "zoo/a",
    "/zoo/a",
    "s3:/zoo/a",
    "http://zoo/a",
    "S3://zoo/a",
    "s3://Zoo/a",
    "s3://zoo\\a",
    `s3://zoo/${"a".repeat(256)}`,
    `s3://zoo/${"é".repeat(128)}`,
    `s3://zoo/${"ab/".repeat(400)}`,
    "s3://zoo/\ud800",
  ])("refuses %j", (uri) => {
    expect(() => buckets.pathOf(uri)).toThrow(InvalidS3Uri);
  });

  test("refuses whatever leads through a link", async () => {
    await buckets.ensure("zoo");
    await mkdir(path("zoo", "d"));
    await symlink("/", path("zoo", "d", "root"));
    await symlink("nowhere", path("zoo", "dangling"));
    for (const key of ["d/root", "d/root/", "d/root/etc/passwd", "dangling", "dangling/a"])
      expect(() => buckets.pathOf(`s3://zoo/${key}`)).toThrow(InvalidS3Uri);
    expect(buckets.pathOf("s3://zoo/d/other")).toBe(path("zoo", "d", "other"));
  });

  test("never leaves the bucket, and gives different keys different paths", () => {
    const part = fc.oneof(
      fc.constantFrom("..", ".", "", "a", "%2e%2e", "\0", "..\\", "~", "\u2025"),
      fc.string({ unit: character }),
    );
    const key = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join("/"));
    fc.assert(
      fc.property(key, (key) => {
        let found: string;
        try {
          found = buckets.pathOf(`s3://zoo/${key}`);
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidS3Uri);
          return;
        }
        expect(relative(path("zoo"), found)).toBe(key.replace(/\/$/, ""));
        expect(found === path("zoo") || found.startsWith(`${path("zoo")}/`)).toBe(true);
      }),
    );
  });
});

test("an S3 URI is taken apart as it is written", () => {
  expect(parseS3Uri("s3://zoo/a//b%20c?d#e\n/")).toEqual({ bucket: "zoo", key: "a//b%20c?d#e\n/" });
  expect(parseS3Uri("s3a://zoo")).toEqual({ bucket: "zoo", key: "" });
  expect(parseS3Uri("s3://Zoo/a")).toBeUndefined();
});
