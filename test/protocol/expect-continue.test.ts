// Clients that wait for `100 Continue` before they send their body. The server tells them to send once
// nothing but the body can be wrong.
import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openBuckets } from "../../src/objects/buckets.ts";
import { athenaBodyLimitBytes } from "../../src/protocol/doors/athena.ts";
import { s3BodyLimitBytes } from "../../src/protocol/doors/s3.ts";
import { s3Service } from "../../src/s3/service.ts";
import {
  bytesOf,
  key,
  RawConnection,
  signed,
  startFrontEnd,
  type Outgoing,
  type FrontEndServer,
} from "./front-end-server.ts";

let server: FrontEndServer;

beforeAll(async () => {
  server = await startFrontEnd();
});
afterAll(() => server[Symbol.asyncDispose]());

const put = (outgoing: Outgoing = {}, signing = {}) =>
  signed(
    server.port,
    { method: "PUT", path: "/bucket/key", body: "0123456789", ...outgoing },
    { service: "s3", ...signing },
  );
const athena = (signing = {}) => signed(server.port, {}, signing);
const withHeaders = (outgoing: Outgoing, headers: Record<string, string>) => ({
  ...outgoing,
  headers: { ...outgoing.headers, ...headers },
});
const tampered = (outgoing: Outgoing) =>
  withHeaders(outgoing, {
    Authorization: (outgoing.headers?.Authorization ?? "").replace(/.$/, (last) => (last === "0" ? "1" : "0")),
  });
const unknownKey = { key: { ...key, accessKeyId: "GLAXUNKNOWNUNKNOWN00" } };

/** The head of a request with `Expect`, and the body that its client holds back. */
function split(outgoing: Outgoing, expectation = "100-continue"): [head: string, body: string] {
  const bytes = bytesOf(server.port, withHeaders(outgoing, { expect: expectation }));
  const end = bytes.indexOf("\r\n\r\n") + 4;
  return [bytes.slice(0, end), bytes.slice(end)];
}

describe("the client is told to send, and the connection is used again", () => {
  test.each<[string, () => Outgoing, string]>([
    ["S3", put, "an object"],
    ["S3, presigned", () => put({ body: "" }, { signQuery: true }), "an object"],
    ["Athena", athena, '"State":"IDLE"'],
    ["Athena, of a signature that the body decides on", () => tampered(athena()), "InvalidSignatureException"],
  ])("%s", async (_, outgoing, answer) => {
    using connection = await RawConnection.open(server.port);
    for (let round = 0; round < 2; round++) {
      const [head, body] = split(outgoing());
      connection.socket.write(head);
      expect(await connection.take(/\r\n\r\n/)).toBe("HTTP/1.1 100 Continue\r\n\r\n");
      connection.socket.write(body);
      expect(await connection.take(new RegExp(`${answer}[^]*$`))).not.toMatch(/connection: close/i);
    }
  });
});

/** All that the server sends in answer to a head alone, until it ends the connection. */
async function refusal(outgoing: Outgoing, port = server.port): Promise<string> {
  using connection = await RawConnection.open(port);
  connection.socket.write(split(outgoing)[0]);
  return await connection.rest();
}

describe("the refusal comes alone, and the connection ends", () => {
  test.each<[string, () => Outgoing, number, string]>([
    ["S3: no signature", () => ({ method: "PUT", path: "/bucket/key", body: "x" }), 403, "AccessDenied"],
    ["S3: another signature", () => tampered(put()), 403, "SignatureDoesNotMatch"],
    ["S3: an unknown key", () => put({}, unknownKey), 403, "InvalidAccessKeyId"],
    ["S3: an old signature", () => put({}, { date: "20200101T000000Z" }), 403, "RequestTimeTooSkewed"],
    ["S3: another region", () => put({}, { region: "eu-west-1" }), 400, "AuthorizationHeaderMalformed"],
    ["S3: a path that is none", () => ({ ...put(), path: "/bucket/%zz" }), 400, "InvalidURI"],
    [
      "S3: a body in signed chunks",
      () => put({ headers: { "X-Amz-Content-Sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" } }),
      501,
      "NotImplemented",
    ],
    [
      "S3: too long a body",
      () => put({ headers: { "Content-Length": String(s3BodyLimitBytes + 1) } }),
      400,
      "EntityTooLarge",
    ],
    ["Athena: another method", () => ({ ...athena(), method: "PUT" }), 404, "UnknownOperationException"],
    ["Athena: an unknown operation", () => athena({ operation: "Nothing" }), 400, "UnknownOperationException"],
    [
      "Athena: no signature",
      () => ({ headers: { "x-amz-target": "AmazonAthena.GetSessionStatus" }, body: "x" }),
      400,
      "MissingAuthenticationTokenException",
    ],
    ["Athena: an unknown key", () => athena(unknownKey), 400, "UnrecognizedClientException"],
    ["Athena: an old signature", () => athena({ date: "20200101T000000Z" }), 400, "InvalidSignatureException"],
    ["Athena: another region", () => athena({ region: "eu-west-1" }), 400, "InvalidSignatureException"],
    [
      "Athena: too long a body",
      () => withHeaders(athena(), { "Content-Length": String(athenaBodyLimitBytes + 1) }),
      413,
      "RequestEntityTooLargeException",
    ],
    ["a page that there is not", () => ({ method: "POST", path: "/-/nowhere", body: "x" }), 404, "no such path"],
  ])("%s", async (_, outgoing, status, words) => {
    const answer = await refusal(outgoing());
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${String(status)} [^]*${words}`));
    expect(answer).toMatch(/connection: close/i);
    expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1);
  });

  test("by S3's own service: a bucket's name, and what it does not serve", async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), "glaux-expect-"));
    const s3 = s3Service({ buckets: openBuckets(folder.path), region: "us-east-1" });
    await using real = await startFrontEnd({ s3 });
    const ofPath = (path: string) => signed(real.port, { method: "PUT", path, body: "x" }, { service: "s3" });
    expect(await refusal(ofPath("/No_Bucket/key"), real.port)).toMatch(/^HTTP\/1\.1 400 [^]*InvalidBucketName/);
    expect(await refusal(ofPath(`/bucket/${"k".repeat(1025)}`), real.port)).toMatch(/^HTTP\/1\.1 400 [^]*KeyTooLong/);
    expect(await refusal(ofPath("/bucket/key"), real.port)).toMatch(/^HTTP\/1\.1 501 [^]*PutObject is not impl/);
  });
});

test("a client that sends its body without waiting any longer reads its refusal, and nothing else", async () => {
  using connection = await RawConnection.open(server.port);
  connection.socket.write(split(tampered(put()))[0]);
  await connection.take(/<\/Error>/);
  connection.socket.write(`0123456789${bytesOf(server.port, athena())}`);
  expect(await connection.rest()).toBe("");
});

test("another expectation is Node's to refuse", async () => {
  using connection = await RawConnection.open(server.port);
  connection.socket.write(split(put(), "something-else").join(""));
  expect(await connection.take(/\r\n\r\n/)).toMatch(/^HTTP\/1\.1 417/);
});
