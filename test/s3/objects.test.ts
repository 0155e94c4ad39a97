import { appendFile, mkdtempDisposable, mkdir, readFile, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import {
  GetObjectCommand,
  HeadObjectCommand,
  S3ServiceException,
  type GetObjectCommandInput,
  type S3Client,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { XMLParser } from "fast-xml-parser";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { s3Client, startS3Server, type S3Server } from "./s3-server.ts";

const bucket = "zoo";
let folder: Awaited<ReturnType<typeof mkdtempDisposable>>;
let server: S3Server;
let client: S3Client;

beforeAll(async () => {
  folder = await mkdtempDisposable(join(tmpdir(), "glaux-s3-"));
  server = await startS3Server(join(folder.path, "buckets"));
  client = s3Client(server.port);
  await server.buckets.ensure(bucket);
  await put("ten", "0123456789");
  await put("empty", "");
});
afterAll(async () => {
  client.destroy();
  await server[Symbol.asyncDispose]();
  await folder.remove();
  expect(server.errors).toEqual([]);
});

const pathOf = (key: string) => join(folder.path, "buckets", bucket, key);

async function put(key: string, bytes: string): Promise<void> {
  await mkdir(dirname(pathOf(key)), { recursive: true });
  await writeFile(pathOf(key), bytes);
}

const get = (key: string, more: Partial<GetObjectCommandInput> = {}) =>
  client.send(new GetObjectCommand({ Bucket: bucket, Key: key, ...more }));
const head = (key: string, more: Partial<GetObjectCommandInput> = {}) =>
  client.send(new HeadObjectCommand({ Bucket: bucket, Key: key, ...more }));

async function bodyOf(key: string, more: Partial<GetObjectCommandInput> = {}): Promise<string | undefined> {
  return (await get(key, more)).Body?.transformToString();
}

/** The `[status, name]` of the error that a call throws. */
async function refusal(call: Promise<unknown>): Promise<[number | undefined, string]> {
  const error: unknown = await call.then(
    () => "no error",
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof S3ServiceException)) throw new Error(`Not S3's: ${String(error)}`);
  return [error.$metadata.httpStatusCode, error.name];
}

const presign = (key: string, more: Partial<GetObjectCommandInput> = {}) =>
  getSignedUrl(client, new GetObjectCommand({ Bucket: bucket, Key: key, ...more }), { expiresIn: 60 });

describe("an object", () => {
  test("comes with what S3 says of it", async () => {
    await put("d/table.parquet", "PAR1");
    await utimes(pathOf("d/table.parquet"), 0, 1_700_000_000.9);
    const object = await get("d/table.parquet");
    expect(await object.Body?.transformToString()).toBe("PAR1");
    expect(object).toMatchObject({
      ContentLength: 4,
      ContentType: "application/vnd.apache.parquet",
      AcceptRanges: "bytes",
      LastModified: new Date(1_700_000_000_000),
    });
    expect(object.ETag).toMatch(/^"[0-9a-f]{32}-1"$/);
    expect(object.$metadata.requestId).toMatch(/^[0-9a-f-]{36}$/);
    const { $metadata: _a, Body: _b, ...said } = object;
    const { $metadata: _c, ...saidOfHead } = await head("d/table.parquet");
    expect(saidOfHead).toEqual(said);
  });

  test("may be empty", async () => {
    expect(await bodyOf("empty")).toBe("");
    expect((await head("empty")).ContentLength).toBe(0);
  });

  test.each([
    "a b",
    "a+b",
    "a%20b",
    "%",
    "%2F",
    "é/ü",
    "\u{1f600}",
    "a&b=c?d#e",
    "a'(1)*!~@:,;$",
    "\\",
    "a\nb",
    "...",
    "..a",
    "a/.b",
    " ",
    "~",
    '<>&"',
    `${"x".repeat(255)}/y`,
  ])("may be called %j", async (key) => {
    await put(key, key);
    expect(await bodyOf(key)).toBe(key);
    expect((await head(key)).ContentLength).toBe(Buffer.byteLength(key));
  });

  test.each(["d", "d/", "ten/", "ten/a", "none", "d//a", "/ten", "ten\0", "x".repeat(256), "\u{ff5e}"])(
    "does not exist under the key %j",
    async (key) => {
      await put("d/a", "");
      expect(await refusal(get(key))).toEqual([404, "NoSuchKey"]);
      expect(await refusal(head(key))).toEqual([404, "NotFound"]);
    },
  );

  test("has no key of more than 1024 bytes", async () => {
    expect(await refusal(get("ab/".repeat(342)))).toEqual([400, "KeyTooLongError"]);
  });

  test("is not what a link leads to", async () => {
    await symlink("/etc/passwd", pathOf("link"));
    await symlink("/etc", pathOf("folder"));
    expect(await refusal(get("link"))).toEqual([404, "NoSuchKey"]);
    expect(await refusal(get("folder/passwd"))).toEqual([404, "NoSuchKey"]);
  });

  test("in a bucket that is not there is no such bucket", async () => {
    expect(await refusal(get("a", { Bucket: "other" }))).toEqual([404, "NoSuchBucket"]);
    expect(await refusal(get("a", { Bucket: "Other" }))).toEqual([400, "InvalidBucketName"]);
  });

  test("of one version has one, called null", async () => {
    expect(await bodyOf("ten", { VersionId: "null" })).toBe("0123456789");
    expect(await refusal(get("ten", { VersionId: "1" }))).toEqual([404, "NoSuchVersion"]);
  });

  test("that is still written can be read up to where it is", async () => {
    await put("session/stdout", "one\n");
    expect(await bodyOf("session/stdout")).toBe("one\n");
    const { ETag } = await head("session/stdout");
    await appendFile(pathOf("session/stdout"), "two\n");
    expect(await bodyOf("session/stdout", { Range: "bytes=4-" })).toBe("two\n");
    expect(await refusal(get("session/stdout", { IfMatch: ETag }))).toEqual([412, "PreconditionFailed"]);
    expect((await get("session/stdout")).ContentType).toBe("text/plain");
  });
});

describe("a range", () => {
  test.each([
    ["bytes=0-3", "0123", "bytes 0-3/10"],
    ["bytes=8-", "89", "bytes 8-9/10"],
    ["bytes=-2", "89", "bytes 8-9/10"],
    ["bytes=5-999", "56789", "bytes 5-9/10"],
  ])("%s", async (Range, expected, ContentRange) => {
    const object = await get("ten", { Range });
    expect(object).toMatchObject({ ContentRange, ContentLength: expected.length });
    expect(object.$metadata.httpStatusCode).toBe(206);
    expect(await object.Body?.transformToString()).toBe(expected);
    const described = await head("ten", { Range });
    expect(described).toMatchObject({ ContentRange, ContentLength: expected.length });
    expect(described.$metadata.httpStatusCode).toBe(206);
  });

  test("with nothing in it is refused, with the length there is", async () => {
    expect(await refusal(get("ten", { Range: "bytes=10-" }))).toEqual([416, "InvalidRange"]);
    const response = await fetch(await presign("ten"), { headers: { range: "bytes=10-" } });
    expect([response.status, response.headers.get("content-range")]).toEqual([416, "bytes */10"]);
    expect(await response.text()).toContain(
      "<RangeRequested>bytes=10-</RangeRequested><ActualObjectSize>10</ActualObjectSize>",
    );
  });

  test("that makes no sense gives the whole", async () => {
    const object = await get("ten", { Range: "bytes=4-2" });
    expect(object.$metadata.httpStatusCode).toBe(200);
    expect(await object.Body?.transformToString()).toBe("0123456789");
  });

  test("may be the first part, which is all, and no other", async () => {
    const object = await get("ten", { PartNumber: 1 });
    expect(object).toMatchObject({ PartsCount: 1, ContentLength: 10, ContentRange: "bytes 0-9/10" });
    expect(await object.Body?.transformToString()).toBe("0123456789");
    expect(await refusal(get("ten", { PartNumber: 2 }))).toEqual([416, "InvalidPartNumber"]);
    expect(await refusal(get("ten", { PartNumber: 0 }))).toEqual([400, "InvalidArgument"]);
    expect(await refusal(get("ten", { PartNumber: 1, Range: "bytes=0-" }))).toEqual([400, "InvalidRequest"]);
  });
});

test("conditions decide whether an object is sent", async () => {
  const { ETag, LastModified } = await head("ten");
  expect(await bodyOf("ten", { IfMatch: ETag, IfUnmodifiedSince: LastModified })).toBe("0123456789");
  expect(await bodyOf("ten", { IfNoneMatch: '"other"' })).toBe("0123456789");
  expect(await refusal(get("ten", { IfMatch: '"other"' }))).toEqual([412, "PreconditionFailed"]);
  expect((await refusal(get("ten", { IfNoneMatch: ETag })))[0]).toBe(304);
  expect((await refusal(get("ten", { IfModifiedSince: LastModified })))[0]).toBe(304);
  expect((await refusal(head("ten", { IfNoneMatch: ETag })))[0]).toBe(304);
  expect((await refusal(head("ten", { IfMatch: '"other"' })))[0]).toBe(412);
  const response = await fetch(await presign("ten"), { headers: { "if-none-match": ETag ?? "" } });
  expect([response.status, response.headers.get("etag"), await response.text()]).toEqual([304, ETag, ""]);
});

describe("a presigned URL", () => {
  test("needs no header, and sets those of the answer", async () => {
    const response = await fetch(
      await presign("ten", {
        ResponseContentType: "text/csv",
        ResponseContentDisposition: 'attachment; filename="é.csv"',
        ResponseCacheControl: "no-cache",
        ResponseContentLanguage: "de",
        ResponseExpires: new Date(0),
      }),
    );
    expect(await response.text()).toBe("0123456789");
    const sent = ["content-type", "content-disposition", "cache-control", "content-language", "expires"];
    expect(sent.map((name) => response.headers.get(name))).toEqual([
      "text/csv",
      'attachment; filename="é.csv"',
      "no-cache",
      "de",
      "Thu, 01 Jan 1970 00:00:00 GMT",
    ]);
  });

  test.each(["a\r\nset-cookie: b", "\u{1f600}", "a\0"])("sets none to %j", async (value) => {
    const response = await fetch(await presign("ten", { ResponseContentDisposition: value }));
    expect(response.status).toBe(400);
    expect(await response.text()).toContain("<ArgumentName>response-content-disposition</ArgumentName>");
  });
});

test("an error is S3's XML, with the resource and the request's id", async () => {
  const response = await fetch(await presign("no <&> such"));
  expect([response.status, response.headers.get("content-type")]).toEqual([404, "application/xml"]);
  expect(new XMLParser().parse(await response.text())).toMatchObject({
    Error: {
      Code: "NoSuchKey",
      Message: "The specified key does not exist.",
      Key: "no <&> such",
      Resource: "/zoo/no%20%3C%26%3E%20such",
      RequestId: response.headers.get("x-amz-request-id"),
    },
  });
});

test("the bytes are the file's", async () => {
  const bytes = Buffer.from(Array.from({ length: 3_000_000 }, (_, i) => (i * 31) % 253));
  await writeFile(pathOf("bytes"), bytes);
  const object = await get("bytes");
  expect(Buffer.from((await object.Body?.transformToByteArray()) ?? []).equals(await readFile(pathOf("bytes")))).toBe(
    true,
  );
});
