import { S3Client, GetObjectCommand, ListBucketsCommand } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  key,
  send,
  signed,
  startFrontEnd,
  temporaryKey,
  type Outgoing,
  type Signing,
  type FrontEndServer,
} from "./front-end-server.ts";

const now = Date.UTC(2026, 10, 20, 10, 15, 0);
const date = "20261120T101500Z";

let server: FrontEndServer;
let clock = now;

beforeAll(async () => {
  server = await startFrontEnd({ now: () => clock });
});
afterAll(() => server[Symbol.asyncDispose]());

beforeEach(() => {
  server.s3Requests.length = 0;
});

const good = (outgoing: Outgoing = {}, signing: Signing = {}) =>
  signed(server.port, { method: "GET", path: "/bucket/key", ...outgoing }, { service: "s3", date, ...signing });

async function codeOf(outgoing: Outgoing): Promise<[number, string | undefined]> {
  const { status, body } = await send(server.port, outgoing);
  return [status, /<Code>(.*)<\/Code>/.exec(body)?.[1]];
}

const authorized = (change: (authorization: string) => string, outgoing = good()) => ({
  ...outgoing,
  headers: { ...outgoing.headers, Authorization: change(outgoing.headers.Authorization ?? "") },
});

test("a good request reaches the service as it was sent", async () => {
  const path = "/bucket/a%20b/%C3%BC%2B(1)*'!~=%3D?list-type=2&prefix=a%2Fb&empty&x=%20%2B";
  const { status, headers, body } = await send(server.port, good({ path }));
  expect([status, body]).toEqual([200, "an object"]);
  const [request] = server.s3Requests.splice(0);
  expect(request).toMatchObject({ method: "GET", caller: { accessKeyId: key.accessKeyId } });
  expect(request?.path).toBe("/bucket/a%20b/%C3%BC%2B(1)*'!~=%3D");
  expect([...(request?.query ?? [])]).toEqual([
    ["list-type", "2"],
    ["prefix", "a/b"],
    ["empty", ""],
    ["x", " +"],
  ]);
  expect(headers["x-amz-request-id"]).toBe(request?.requestId);
});

describe("the ways in which a signature is refused", () => {
  test.each<[string, [number, string], () => Outgoing]>([
    ["there is none", [403, "AccessDenied"], () => ({ method: "GET", path: "/bucket/key" })],
    ["there is none, of the list of buckets", [403, "AccessDenied"], () => ({ method: "GET", path: "/" })],
    ["there are two", [400, "InvalidArgument"], () => good({ path: "/b/k?X-Amz-Algorithm=AWS4-HMAC-SHA256" })],
    ["it is of version 2", [400, "InvalidRequest"], () => authorized(() => "AWS GLAX:c2ln")],
    [
      "it lacks a part",
      [400, "AuthorizationHeaderMalformed"],
      () => authorized((text) => text.replace("Signature=", "")),
    ],
    [
      "its credential is none",
      [400, "AuthorizationHeaderMalformed"],
      () => authorized((text) => text.replace("/s3/", "/")),
    ],
    [
      "its date is none",
      [403, "AccessDenied"],
      () => ({ ...good(), headers: { ...good().headers, "X-Amz-Date": "now" } }),
    ],
    ["it is old", [403, "RequestTimeTooSkewed"], () => good({}, { date: "20261120T095959Z" })],
    ["it is of the future", [403, "RequestTimeTooSkewed"], () => good({}, { date: "20261120T103001Z" })],
    ["host is not signed", [403, "AccessDenied"], () => authorized((text) => text.replace("host;", ""))],
    ["the region is another", [400, "AuthorizationHeaderMalformed"], () => good({}, { region: "eu-west-1" })],
    [
      "the service is another",
      [400, "AuthorizationHeaderMalformed"],
      () => authorized((text) => text.replace("/s3/", "/ec2/")),
    ],
    [
      "the key is unknown",
      [403, "InvalidAccessKeyId"],
      () => good({}, { key: { accessKeyId: "x", secretAccessKey: "x" } }),
    ],
    ["the token is another", [400, "InvalidToken"], () => good({}, { key: { ...temporaryKey, sessionToken: "x" } })],
    [
      "the secret is another",
      [403, "SignatureDoesNotMatch"],
      () => good({}, { key: { ...key, secretAccessKey: "x" } }),
    ],
    ["the path is another", [403, "SignatureDoesNotMatch"], () => ({ ...good(), path: "/bucket/other" })],
    ["the query is another", [403, "SignatureDoesNotMatch"], () => ({ ...good(), path: "/bucket/key?acl" })],
    ["the method is another", [403, "SignatureDoesNotMatch"], () => ({ ...good(), method: "DELETE", body: "" })],
    ["the path is none", [400, "InvalidURI"], () => ({ ...good(), path: "/bucket/%zz" })],
    [
      "it covers another body",
      [400, "XAmzContentSHA256Mismatch"],
      () => ({ ...good({ method: "PUT", body: "one" }), body: "two" }),
    ],
    [
      "it covers no hash of the body",
      [400, "InvalidRequest"],
      () => {
        const { "X-Amz-Content-Sha256": _, ...headers } = good().headers;
        return { ...good(), headers };
      },
    ],
    [
      "it is of a stream",
      [501, "NotImplemented"],
      () => good({ method: "PUT", headers: { "X-Amz-Content-Sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" } }),
    ],
    [
      "the query lacks a part",
      [400, "AuthorizationQueryParametersError"],
      () => ({ method: "GET", path: "/b/k?X-Amz-Signature=x" }),
    ],
    [
      "it is to be valid for more than a week",
      [400, "AuthorizationQueryParametersError"],
      () => good({ path: "/b/k?X-Amz-Expires=604801" }, { signQuery: true }),
    ],
  ])("%s", async (_, expected, outgoing) => {
    expect(await codeOf(outgoing())).toEqual(expected);
    expect(server.s3Requests).toEqual([]);
  });
});

test("an unsigned payload is accepted, and skew up to a quarter of an hour", async () => {
  const outgoing = good(
    { method: "PUT", body: "one", headers: { "X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD" } },
    { date: "20261120T100000Z" },
  );
  expect((await send(server.port, { ...outgoing, body: "two" })).status).toBe(200);
});

test("a presigned URL of the SDK works for as long as it says, whatever is appended is refused", async () => {
  const client = clientOf(key);
  const url = await getSignedUrl(client, new GetObjectCommand({ Bucket: "bucket", Key: "a b/ü+(1)" }), {
    expiresIn: 600,
    signingDate: new Date(now),
  });
  clock = now + 599_000;
  expect((await fetch(url)).status).toBe(200);
  expect((await fetch(`${url}&x=y`)).status).toBe(403);
  clock = now + 601_000;
  expect(await (await fetch(url)).text()).toContain("Request has expired");
  clock = now;
  client.destroy();
});

test.each([
  ["a key", key],
  ["a temporary key", temporaryKey],
])("the SDK's own requests, with %s", async (_, used) => {
  clock = Date.now();
  const client = clientOf(used);
  const { Body } = await client.send(new GetObjectCommand({ Bucket: "bucket", Key: "a b/ü+(1)", Range: "bytes=0-9" }));
  expect(await Body?.transformToString()).toBe("an object");
  await expect(client.send(new ListBucketsCommand({}))).rejects.toThrow();
  expect(server.s3Requests.splice(0).map(({ path }) => path)).toEqual(["/bucket/a%20b/%C3%BC%2B%281%29", "/"]);
  clock = now;
  client.destroy();
});

function clientOf(credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string }): S3Client {
  return new S3Client({
    region: "us-east-1",
    endpoint: server.endpoint,
    forcePathStyle: true,
    credentials,
    maxAttempts: 1,
  });
}
