import { mkdir, mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openBuckets, type Buckets } from "../objects/buckets.ts";
import type { RawResponse, S3Request } from "../protocol/types.ts";
import { s3Service } from "./service.ts";

let folder: Awaited<ReturnType<typeof mkdtempDisposable>>;
let buckets: Buckets;

beforeAll(async () => {
  folder = await mkdtempDisposable(join(tmpdir(), "glaux-service-"));
  await writeFile(join(folder.path, "outside"), "outside");
  await mkdir(join(folder.path, "buckets"));
  await writeFile(join(folder.path, "buckets", "beside"), "outside");
  buckets = openBuckets(join(folder.path, "buckets"));
  await buckets.ensure("zoo");
  await buckets.ensure("zoo2");
  await writeFile(join(folder.path, "buckets", "zoo2", "secret"), "outside");
  await writeFile(join(folder.path, "buckets", "zoo", "ten"), "0123456789");
});
afterAll(() => folder.remove());

function requestOf(method: string, url: string): S3Request {
  const [path = "", query] = url.split("?");
  return {
    method,
    path,
    query: new URLSearchParams(query),
    headers: {},
    body: Readable.from([]),
    caller: { accessKeyId: "AKIA", principalArn: "arn:aws:iam::000000000000:root" },
    requestId: "the-request",
    signal: new AbortController().signal,
  };
}

const ask = (method: string, url: string, change: Partial<S3Request> = {}, over: Buckets = buckets) =>
  s3Service({ buckets: over, region: "eu-west-1" }).handle({ ...requestOf(method, url), ...change });

const bodyOf = async ({ body }: RawResponse) => (body instanceof Readable ? text(body) : (body ?? "").toString());
const codeOf = (body: string) => /<Code>(.*)<\/Code>/.exec(body)?.[1];

async function refusal(method: string, url: string): Promise<[number, string | undefined]> {
  const answer = await ask(method, url);
  return [answer.status, codeOf(await bodyOf(answer))];
}

describe("a path that no client would send", () => {
  test.each([
    ["/zoo/../zoo/ten", 404, "NoSuchKey"],
    ["/zoo/../zoo2/secret", 404, "NoSuchKey"],
    ["/zoo/%2e%2e/%2e%2e/outside", 404, "NoSuchKey"],
    ["/zoo/..%2f..%2foutside", 404, "NoSuchKey"],
    ["/zoo/%2Fetc%2Fpasswd", 404, "NoSuchKey"],
    ["/zoo//ten", 404, "NoSuchKey"],
    ["/zoo/./ten", 404, "NoSuchKey"],
    ["/zoo/ten/.", 404, "NoSuchKey"],
    ["/zoo/ten%00", 404, "NoSuchKey"],
    ["/zoo/%2574en", 404, "NoSuchKey"],
    ["/../outside", 400, "InvalidBucketName"],
    ["/%2e%2e/outside", 400, "InvalidBucketName"],
    ["/beside/", 404, "NoSuchBucket"],
    ["/zoo%2Ften", 400, "InvalidBucketName"],
    ["/zoo%00/ten", 400, "InvalidBucketName"],
    ["/zoo/%c3%28", 400, "InvalidURI"],
    ["/zoo/%zz", 400, "InvalidURI"],
  ])("%s", async (path, status, code) => {
    expect(await refusal("GET", path)).toEqual([status, code]);
  });

  test("is decoded once", async () => {
    expect(await bodyOf(await ask("GET", "/zoo/%74en"))).toBe("0123456789");
  });

  test("never reaches what is outside, and never ends in anything but an answer", async () => {
    const piece = fc.constantFrom(
      "..",
      ".",
      "%2e",
      "%2e%2e",
      "/",
      "%2f",
      "%2F",
      "//",
      "zoo",
      "zoo2",
      "secret",
      "outside",
      "beside",
      "%00",
      "%",
      "%ff",
      "\\",
      "+",
      "ten",
    );
    const path = fc.array(piece, { maxLength: 8 }).map((pieces) => `/${pieces.join("")}`);
    await fc.assert(
      fc.asyncProperty(path, async (path) => {
        const answer = await ask("GET", path);
        expect([200, 400, 404]).toContain(answer.status);
        const body = await bodyOf(answer);
        if (!/^\/zoo2(\/|%2f)/i.test(path)) expect(body).not.toBe("outside");
      }),
      { numRuns: 500 },
    );
  });
});

describe("what is not served is refused by name", () => {
  test.each([
    ["PUT", "/zoo", 501, "CreateBucket is not implemented"],
    ["DELETE", "/zoo", 501, "DeleteBucket is not implemented"],
    ["PUT", "/zoo/a", 501, "PutObject is not implemented"],
    ["DELETE", "/zoo/a", 501, "DeleteObject is not implemented"],
    ["POST", "/zoo?delete", 501, "POST of a bucket&apos;s &quot;delete&quot; is not implemented"],
    ["POST", "/zoo/a?uploads", 501, "POST of an object&apos;s &quot;uploads&quot; is not implemented"],
    ["GET", "/zoo?versions", 501, "GET of a bucket&apos;s &quot;versions&quot; is not implemented"],
    ["GET", "/zoo/ten?acl", 501, "&quot;acl&quot;"],
    ["PUT", "/", 405, "not allowed"],
    ["HEAD", "/", 405, ""],
    ["PATCH", "/zoo/ten", 405, "not allowed"],
    ["OPTIONS", "/zoo", 405, "not allowed"],
    ["GET", "/zoo?list-type=3", 400, "Invalid List Type"],
  ])("%s %s", async (method, url, status, message) => {
    const answer = await ask(method, url);
    expect(answer.status).toBe(status);
    expect(await bodyOf(answer)).toContain(message);
  });

  test("a parameter that S3 does not know changes nothing", async () => {
    expect(await bodyOf(await ask("GET", "/zoo/ten?x-id=GetObject&foo"))).toBe("0123456789");
  });
});

describe("every answer", () => {
  test("carries the request's id", async () => {
    for (const url of ["/", "/zoo", "/zoo/ten", "/zoo/none", "/zoo?acl"]) {
      const answer = await ask("GET", url);
      expect(answer.headers["x-amz-request-id"]).toBe("the-request");
      await bodyOf(answer);
    }
  });

  test("to HEAD has the headers of the one to GET, and no body", async () => {
    for (const path of ["/zoo/ten", "/zoo/none", "/Zoo/a", "/other/a"]) {
      const [got, described] = [await ask("GET", path), await ask("HEAD", path)];
      expect(described).toEqual({ status: got.status, headers: got.headers, body: undefined });
      expect(described.headers["content-length"]).toBe(Buffer.byteLength(await bodyOf(got)));
    }
  });

  test("to somebody unknown is a refusal", async () => {
    const answer = await ask("GET", "/zoo/ten", { caller: undefined });
    expect([answer.status, codeOf(await bodyOf(answer))]).toEqual([403, "AccessDenied"]);
  });

  test("of the protocol's refusals is rendered likewise", () => {
    const service = s3Service({ buckets, region: "eu-west-1" });
    const answer = service.refuse("SignatureDoesNotMatch", "a < b", 403, requestOf("GET", "/zoo/%zz"));
    expect(answer).toMatchObject({ status: 403, headers: { "content-type": "application/xml" } });
    expect(answer.body).toContain(
      "<Code>SignatureDoesNotMatch</Code><Message>a &lt; b</Message><Resource>/zoo/%zz</Resource>",
    );
    expect(service.refuse("SignatureDoesNotMatch", "", 403, requestOf("HEAD", "/")).body).toBeUndefined();
  });
});

test.each([
  ["EACCES", 403, "AccessDenied"],
  ["EMFILE", 503, "SlowDown"],
])("the system's %s is %d %s", async (code, status, expected) => {
  const open = () => Promise.reject(Object.assign(new Error(code), { code }));
  const answer = await ask("GET", "/zoo/ten", {}, { ...buckets, open });
  expect([answer.status, codeOf(await bodyOf(answer))]).toEqual([status, expected]);
});

test("what nobody foresaw is the protocol's to answer", async () => {
  const open = () => Promise.reject(new Error("a fault"));
  await expect(ask("GET", "/zoo/ten", {}, { ...buckets, open })).rejects.toThrow("a fault");
});
