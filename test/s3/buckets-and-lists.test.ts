import { mkdir, mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import {
  GetBucketLocationCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  paginateListBuckets,
  paginateListObjectsV2,
  PutObjectCommand,
  type ListObjectsV2CommandInput,
  type S3Client,
} from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { s3Client, startS3Server, type S3Server } from "./s3-server.ts";

const Bucket = "zoo";
const region = "eu-central-1";
let folder: Awaited<ReturnType<typeof mkdtempDisposable>>;
let server: S3Server;
let client: S3Client;

// In the order of S3's lists.
const keys = [
  "_SUCCESS",
  "a b+c%20&<d>",
  "a-b",
  "a/b",
  "a/c/d",
  "a0",
  "empty/",
  "new\nline",
  "é",
  "\u{ff5e}",
  "\u{1f600}",
];

beforeAll(async () => {
  folder = await mkdtempDisposable(join(tmpdir(), "glaux-s3-"));
  server = await startS3Server(join(folder.path, "buckets"), region);
  client = s3Client(server.port, region);
  await server.buckets.ensure(Bucket);
  await server.buckets.ensure("ark");
  const pathOf = (key: string) => join(folder.path, "buckets", Bucket, key);
  for (const key of [...keys, "a/_temporary/0/part", "a/.b.crc"]) {
    await mkdir(key.endsWith("/") ? pathOf(key) : dirname(pathOf(key)), { recursive: true });
    if (!key.endsWith("/")) await writeFile(pathOf(key), key);
  }
});
afterAll(async () => {
  client.destroy();
  await server[Symbol.asyncDispose]();
  await folder.remove();
  expect(server.errors).toEqual([]);
});

const list = (input: Partial<ListObjectsV2CommandInput> = {}) =>
  client.send(new ListObjectsV2Command({ Bucket, ...input }));
const namesOf = ({ Contents = [], CommonPrefixes = [] }: Awaited<ReturnType<typeof list>>) => [
  ...Contents.map(({ Key }) => Key),
  ...CommonPrefixes.map(({ Prefix }) => Prefix),
];

describe("buckets", () => {
  test("are listed, also in pages", async () => {
    const { Buckets, Owner } = await client.send(new ListBucketsCommand());
    expect(Buckets?.map(({ Name, BucketRegion }) => [Name, BucketRegion])).toEqual([
      ["ark", region],
      [Bucket, region],
    ]);
    expect(Math.abs(Date.now() - (Buckets?.[0]?.CreationDate?.getTime() ?? 0))).toBeLessThan(60_000);
    expect(Owner?.ID).toMatch(/^[0-9a-f]{64}$/);
    const pages: unknown[] = [];
    for await (const page of paginateListBuckets({ client, pageSize: 1 }, {}))
      pages.push(page.Buckets?.map(({ Name }) => Name));
    expect(pages).toEqual([["ark"], [Bucket]]);
    expect((await client.send(new ListBucketsCommand({ Prefix: "z" }))).Buckets).toHaveLength(1);
    expect((await client.send(new ListBucketsCommand({ BucketRegion: "us-west-2" }))).Buckets ?? []).toEqual([]);
  });

  test("say where they are", async () => {
    expect((await client.send(new HeadBucketCommand({ Bucket }))).BucketRegion).toBe(region);
    expect((await client.send(new GetBucketLocationCommand({ Bucket }))).LocationConstraint).toBe(region);
    const absent = { $metadata: { httpStatusCode: 404 } };
    await expect(client.send(new HeadBucketCommand({ Bucket: "other" }))).rejects.toMatchObject(absent);
    await expect(client.send(new GetBucketLocationCommand({ Bucket: "other" }))).rejects.toMatchObject(absent);
  });

  test("are not written through this service", async () => {
    await expect(client.send(new PutObjectCommand({ Bucket, Key: "a", Body: "b" }))).rejects.toMatchObject({
      name: "NotImplemented",
      message: "PutObject is not implemented by this service.",
    });
  });
});

describe("a list", () => {
  test("has all keys in S3's order, with what S3 says of them", async () => {
    const page = await list();
    expect(page.Contents?.map(({ Key }) => Key)).toEqual(keys);
    expect(page).toMatchObject({ Name: Bucket, KeyCount: keys.length, MaxKeys: 1000, IsTruncated: false, Prefix: "" });
    for (const { Key = "", Size, ETag, StorageClass, LastModified, Owner } of page.Contents ?? []) {
      expect(Size).toBe(Key.endsWith("/") ? 0 : Buffer.byteLength(Key));
      expect(ETag).toMatch(/^"[0-9a-f]{32}-1"$/);
      expect(StorageClass).toBe("STANDARD");
      expect(LastModified?.getMilliseconds()).toBe(0);
      expect(Owner).toBeUndefined();
    }
    expect((await list({ FetchOwner: true })).Contents?.[0]?.Owner?.ID).toMatch(/^[0-9a-f]{64}$/);
  });

  test("is grouped by a delimiter", async () => {
    const page = await list({ Delimiter: "/" });
    expect(page.CommonPrefixes).toEqual([{ Prefix: "a/" }, { Prefix: "empty/" }]);
    expect(page.Contents?.map(({ Key }) => Key)).toEqual(keys.filter((key) => !key.includes("/")));
    expect(page).toMatchObject({ Delimiter: "/", KeyCount: keys.length - 1 });
    expect(namesOf(await list({ Delimiter: "/", Prefix: "a/" }))).toEqual(["a/b", "a/c/"]);
    expect(namesOf(await list({ Delimiter: "/", Prefix: "empty/" }))).toEqual(["empty/"]);
    expect(namesOf(await list({ Delimiter: "/", Prefix: "a" }))).toEqual(["a b+c%20&<d>", "a-b", "a0", "a/"]);
  });

  test("begins where it is told", async () => {
    expect(namesOf(await list({ StartAfter: "a/b" }))).toEqual(keys.slice(4));
    expect(await list({ StartAfter: "a/b" })).toMatchObject({ StartAfter: "a/b" });
    expect(namesOf(await list({ StartAfter: "\u{10ffff}" }))).toEqual([]);
  });

  test.each([1, 2, 3, 1000])("comes in pages of %d", async (pageSize) => {
    for (const Delimiter of [undefined, "/"]) {
      const scope = Delimiter === undefined ? {} : { Delimiter };
      const found: unknown[] = [];
      for await (const page of paginateListObjectsV2({ client, pageSize }, { Bucket, ...scope })) {
        expect(page.MaxKeys).toBe(pageSize);
        expect(page.KeyCount).toBeLessThanOrEqual(pageSize);
        found.push(...namesOf(page));
      }
      expect(found.sort()).toEqual(namesOf(await list(scope)).sort());
    }
  });

  test("of no keys is empty and complete", async () => {
    expect(await list({ MaxKeys: 0 })).toMatchObject({ KeyCount: 0, IsTruncated: false, MaxKeys: 0 });
    expect(await list({ Prefix: "none" })).toMatchObject({ KeyCount: 0, IsTruncated: false });
    for (const Prefix of ["/", "a//", "..", "../", "a/../", "\0"]) expect(namesOf(await list({ Prefix }))).toEqual([]);
  });

  test("has at most 1000 keys a page", async () => {
    expect((await list({ MaxKeys: 5000 })).MaxKeys).toBe(1000);
  });

  test("can be had in encoded form", async () => {
    const page = await list({ EncodingType: "url", Prefix: "a", StartAfter: "a ", Delimiter: "/" });
    expect(page).toMatchObject({ EncodingType: "url", StartAfter: "a%20", Delimiter: "/" });
    expect(namesOf(page)).toEqual(["a%20b%2Bc%2520%26%3Cd%3E", "a-b", "a0", "a/"]);
  });

  test.each<[string, Partial<ListObjectsV2CommandInput>]>([
    ["max-keys", { MaxKeys: -1 }],
    ["max-keys", { MaxKeys: 1.5 }],
    ["encoding-type", { EncodingType: "base64" as "url" }],
    ["continuation-token", { ContinuationToken: "made up" }],
    ["continuation-token", { ContinuationToken: "" }],
  ])("refuses a wrong %s", async (ArgumentName, input) => {
    await expect(list(input)).rejects.toMatchObject({ name: "InvalidArgument", ArgumentName });
  });

  test("of a bucket that is not there is no such bucket", async () => {
    await expect(list({ Bucket: "other" })).rejects.toMatchObject({ name: "NoSuchBucket", BucketName: "other" });
  });

  test("can be had in the first version of the operation", async () => {
    const first = await client.send(new ListObjectsCommand({ Bucket, MaxKeys: 4, Delimiter: "/" }));
    expect(first).toMatchObject({ IsTruncated: true, NextMarker: "a/", CommonPrefixes: [{ Prefix: "a/" }] });
    const second = await client.send(new ListObjectsCommand({ Bucket, Marker: first.NextMarker, Delimiter: "/" }));
    expect(second).toMatchObject({ IsTruncated: false, Marker: "a/", CommonPrefixes: [{ Prefix: "empty/" }] });
    const keysOf = ({ Contents = [] }: typeof first) => Contents.map(({ Key }) => Key);
    expect([...keysOf(first), ...keysOf(second)]).toEqual(keys.filter((key) => !key.includes("/")));
    expect(first.Contents?.[0]?.Owner?.ID).toBeDefined();
  });
});
