// Requests that are refused before their body was read: what becomes of the connection, and that the client
// can read the refusal.
import { spawn } from "node:child_process";
import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { S3Client, ListBucketsCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openBuckets } from "../../src/objects/buckets.ts";
import { s3Service } from "../../src/s3/service.ts";
import { testTool } from "../support/tools/tools.ts";
import { bytesOf, key, RawConnection, startFrontEnd, type FrontEndServer } from "./front-end-server.ts";

const megabyte = 1024 * 1024;
let folder: Awaited<ReturnType<typeof mkdtempDisposable>>;
let server: FrontEndServer;

beforeAll(async () => {
  folder = await mkdtempDisposable(join(tmpdir(), "glaux-refused-"));
  const s3 = s3Service({ buckets: openBuckets(folder.path), region: "us-east-1" });
  // The long `lingerMs` makes sure that no client is cut off only because it is slow.
  server = await startFrontEnd({ s3 }, { lingerMs: 60_000 });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await folder.remove();
  expect(server.errors).toEqual([]);
});

const refused = (length: number) =>
  bytesOf(server.port, { method: "PUT", path: "/bucket/key", headers: { "content-length": String(length) } });

test("after a short body the connection is used again", async () => {
  using connection = await RawConnection.open(server.port);
  for (const length of [1, megabyte / 2, megabyte]) {
    connection.socket.write(refused(length) + "x".repeat(length));
    expect(await connection.take(/<\/Error>/)).not.toMatch(/connection: close/i);
  }
});

test("a long body is not waited for: the refusal comes at once, and the connection ends when it has been sent", async () => {
  using connection = await RawConnection.open(server.port);
  connection.socket.write(refused(20 * megabyte));
  expect(await connection.take(/<\/Error>/)).toMatch(/^HTTP\/1\.1 403 [^]*connection: close/i);
  connection.socket.write("x".repeat(20 * megabyte));
  expect(await connection.rest()).toBe("");
});

test("a short body that does not come is waited for a moment only", async () => {
  using connection = await RawConnection.open(server.port);
  connection.socket.write(refused(10));
  expect(await connection.rest()).toMatch(/^HTTP\/1\.1 403 [^]*connection: close/i);
});

test("a body in chunks is read up to the limit of a short one", async () => {
  const head = "PUT /bucket/key HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n";
  const chunk = `10000\r\n${"x".repeat(65_536)}\r\n`;
  using connection = await RawConnection.open(server.port);
  connection.socket.write(`${head}${chunk.repeat(8)}0\r\n\r\n`);
  expect(await connection.take(/<\/Error>/)).not.toMatch(/connection: close/i);
  connection.socket.write(`${head}${chunk.repeat(320)}0\r\n\r\n`);
  expect(await connection.rest()).toMatch(/^HTTP\/1\.1 403 [^]*connection: close/i);
});

test("what comes behind a refused long body is not taken for a request", async () => {
  using connection = await RawConnection.open(server.port);
  const next = bytesOf(server.port, { method: "GET", path: "/-/health" });
  connection.socket.write(refused(2 * megabyte) + "x".repeat(2 * megabyte) + next);
  expect((await connection.rest()).match(/HTTP\/1\.1/g)).toHaveLength(1);
});

test.each([
  ["asks first", true],
  ["sends at once", false],
])("the SDK for JavaScript puts 20 MB and %s", async (_, asks) => {
  const client = new S3Client({
    region: "us-east-1",
    endpoint: server.endpoint,
    forcePathStyle: true,
    credentials: key,
    maxAttempts: 1,
    expectContinueHeader: asks,
  });
  for (const length of [20 * megabyte, 1000]) {
    const put = client.send(new PutObjectCommand({ Bucket: "bucket", Key: "k", Body: Buffer.alloc(length, "x") }));
    await expect(put).rejects.toMatchObject({ name: "NotImplemented", $metadata: { httpStatusCode: 501 } });
    expect((await client.send(new ListBucketsCommand({}))).Buckets).toEqual([]);
  }
  client.destroy();
});

async function python(program: string): Promise<string> {
  const child = spawn(testTool("python"), ["-c", program], { stdio: ["ignore", "pipe", "inherit"] });
  return text(child.stdout);
}

test.each([
  ["asks first", ""],
  ["sends at once", 's3.meta.events.unregister("before-call.s3.PutObject", add_expect_header)'],
])("boto3 puts 20 MB and %s", { timeout: 120_000 }, async (_, setUp) => {
  const printed = await python(`
import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.handlers import add_expect_header
config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
s3 = boto3.client("s3", endpoint_url="${server.endpoint}", region_name="us-east-1", config=config,
    aws_access_key_id="${key.accessKeyId}", aws_secret_access_key="${key.secretAccessKey}")
${setUp}
for size in (20 << 20, 1000):
    try:
        s3.put_object(Bucket="bucket", Key="k", Body=bytes(size))
    except ClientError as error:
        print(error.response["Error"]["Code"], error.response["Error"]["Message"])
    print(s3.list_buckets()["Buckets"])
`);
  const refusal = "NotImplemented PutObject is not implemented by this service.\n[]\n";
  expect(printed).toBe(refusal + refusal);
});

test("a client that reads nothing before it has sent all of 20 MB reads the refusal", async () => {
  const printed = await python(`
import socket
s = socket.create_connection(("127.0.0.1", ${String(server.port)}))
s.sendall(b"PUT /bucket/key HTTP/1.1\\r\\nhost: h\\r\\ncontent-length: 20971520\\r\\n\\r\\n")
s.sendall(bytes(20971520))
answer = b""
while part := s.recv(65536):
    answer += part
print(answer.decode().splitlines()[0])
`);
  expect(printed).toBe("HTTP/1.1 403 Forbidden\n");
});

test("a client that sends without end is cut off, and reads the refusal", { timeout: 60_000 }, async () => {
  await using hasty = await startFrontEnd({}, { lingerMs: 1_000 });
  const printed = await python(`
import socket
s = socket.create_connection(("127.0.0.1", ${String(hasty.port)}))
s.sendall(b"PUT /bucket/key HTTP/1.1\\r\\nhost: h\\r\\ncontent-length: 1099511627776\\r\\n\\r\\n")
sent = 0
try:
    while sent < 1 << 30:
        s.sendall(bytes(1 << 20))
        sent += 1 << 20
except OSError:
    pass
print(sent < 128 << 20, s.recv(65536).decode().splitlines()[0])
`);
  expect(printed).toBe("True HTTP/1.1 403 Forbidden\n");
});
