// S3's bodies on their way to the S3 service.
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { BodyTooLarge, RequestBody } from "../../src/protocol/request-body.ts";
import type { Answered, RawResponse } from "../../src/protocol/types.ts";
import { bytesOf, RawConnection, s3Of, send, signed, startFrontEnd, type Outgoing } from "./front-end-server.ts";

const megabyte = 1024 * 1024;
const done: RawResponse = { status: 200, headers: {}, body: "done" };

const put = (port: number, outgoing: Outgoing = {}) =>
  signed(port, { method: "PUT", path: "/bucket/key", ...outgoing }, { service: "s3" });

/** The head of a signed PUT. The signature does not cover the body, which the test sends by itself. */
const headOf = (port: number, bytes: number) =>
  bytesOf(
    port,
    put(port, { headers: { "Content-Length": String(bytes), "X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD" } }),
  );

test("a body arrives as it was sent", async () => {
  const bodies: string[] = [];
  await using server = await startFrontEnd({
    s3: s3Of(async ({ body }) => {
      bodies.push(await text(body));
      return done;
    }),
  });
  const sent = ["", "one", "0123456789".repeat(300_000)];
  for (const body of sent) expect((await send(server.port, put(server.port, { body }))).status).toBe(200);
  expect(bodies).toEqual(sent);
});

test("a service that does not read holds its client up, and nothing piles up meanwhile", async () => {
  const gate = Promise.withResolvers<undefined>();
  let taken = 0;
  await using server = await startFrontEnd({
    s3: s3Of(async ({ body }) => {
      for await (const chunk of body) {
        taken += chunk.length;
        await gate.promise;
      }
      return done;
    }),
  });
  using connection = await RawConnection.open(server.port);
  const megabytes = 128;
  const chunk = Buffer.alloc(megabyte / 16, "x");
  const before = process.memoryUsage().arrayBuffers;
  connection.socket.write(headOf(server.port, megabytes * megabyte));
  let sent = 0;
  for (let n = 0; n < megabytes * 16; n++) {
    connection.socket.write(chunk, () => {
      sent += chunk.length;
    });
  }
  let seen: number;
  do {
    seen = sent;
    await sleep(200);
  } while (seen !== sent || taken === 0);
  // The operating system holds some megabytes in the buffers of both sockets. They count as sent, but neither
  // as taken nor as memory of this process.
  expect(sent).toBeLessThan(32 * megabyte);
  expect(taken).toBeLessThan(megabyte);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * megabyte);
  gate.resolve(undefined);
  await connection.take(/done$/);
  expect(taken).toBe(megabytes * megabyte);
});

test.each([
  ["in one piece", "x"],
  ["in many pieces", "x".repeat(3 * megabyte)],
])("a body %s that is not the signed one never arrives whole", async (_, body) => {
  let taken = 0;
  let isEnded = false;
  await using server = await startFrontEnd({
    s3: s3Of(async (request) => {
      for await (const chunk of request.body) taken += chunk.length;
      isEnded = true;
      return done;
    }),
  });
  using connection = await RawConnection.open(server.port);
  const wrong = { ...put(server.port, { body }), body: body.replace(/.$/, "y") };
  connection.socket.write(bytesOf(server.port, wrong));
  const refusal = await connection.take(/<\/Error>/);
  expect(refusal).toMatch(/^HTTP\/1\.1 400 [^]*<Code>XAmzContentSHA256Mismatch<\/Code>/);
  expect(isEnded).toBe(false);
  expect(taken).toBeLessThan(body.length);
  connection.socket.write(bytesOf(server.port, put(server.port, { body })));
  await connection.take(/done$/);
  expect(server.errors).toEqual([]);
});

test("a service that stops reading: of a short body the connection is used again, of a long one it ends", async () => {
  await using server = await startFrontEnd({
    s3: s3Of(async ({ body }) => {
      for await (const _ of body) break;
      return done;
    }),
  });
  using connection = await RawConnection.open(server.port);
  for (let round = 0; round < 2; round++) {
    connection.socket.write(bytesOf(server.port, put(server.port, { body: "x".repeat(500_000) })));
    expect(await connection.take(/done$/)).not.toMatch(/connection: close/i);
  }
  connection.socket.write(bytesOf(server.port, put(server.port, { body: "x".repeat(20 * megabyte) })));
  expect(await connection.rest()).toMatch(/connection: close[^]*done$/i);
});

test("a service that fails in the middle of a body: the client reads of it, and the log has the cause", async () => {
  await using server = await startFrontEnd({
    s3: s3Of(async ({ body }) => {
      for await (const _ of body) throw new Error("the disk is full");
      return done;
    }),
  });
  const { status, body } = await send(server.port, put(server.port, { body: "x".repeat(500_000) }));
  expect([status, body]).toEqual([500, expect.stringContaining("InternalError")]);
  expect(server.errors).toMatchObject([{ fields: { err: new Error("the disk is full") } }]);
});

test("a service that fails while it waits for more: the client reads of it, and the connection ends", async () => {
  await using server = await startFrontEnd({
    s3: s3Of(async ({ body }) => {
      await pipeline(body, new Writable({ write: (_chunk, _encoding, done) => done(new Error("the disk is full")) }));
      return done;
    }),
  });
  using connection = await RawConnection.open(server.port);
  connection.socket.write(headOf(server.port, 500_000) + "x".repeat(200_000));
  expect(await connection.rest()).toMatch(/^HTTP\/1\.1 500 [^]*connection: close[^]*InternalError/i);
  expect(server.errors).toMatchObject([{ fields: { err: new Error("the disk is full") } }]);
});

test("a client that leaves in the middle ends the reading, and is no error", async () => {
  const began = Promise.withResolvers<undefined>();
  const outcome = Promise.withResolvers<Answered>();
  let failure: unknown;
  await using server = await startFrontEnd({
    answered: outcome.resolve,
    s3: s3Of(async ({ body }) => {
      try {
        for await (const _ of body) began.resolve(undefined);
      } catch (error) {
        failure = error;
        throw error;
      }
      return done;
    }),
  });
  using connection = await RawConnection.open(server.port);
  connection.socket.write(`${headOf(server.port, 100)}0123456789`);
  await began.promise;
  connection.socket.destroy();
  expect(await outcome.promise).toMatchObject({ api: "s3", operation: "PUT", outcome: "gone" });
  expect(failure).toMatchObject({ message: "The client went away before its request was whole or answered" });
  expect(server.errors).toEqual([]);
});

test("a body that never ends is given up, and its reader with it", async () => {
  const outcome = Promise.withResolvers<Answered>();
  const timeouts = { headersMs: 100, requestMs: 300, checkMs: 50 };
  await using server = await startFrontEnd(
    {
      answered: outcome.resolve,
      s3: s3Of(async ({ body }) => {
        for await (const _ of body);
        return done;
      }),
    },
    timeouts,
  );
  using connection = await RawConnection.open(server.port);
  connection.socket.write(`${headOf(server.port, 100)}0123456789`);
  expect(await connection.rest()).toMatch(/^HTTP\/1\.1 408/);
  expect(await outcome.promise).toMatchObject({ outcome: "gone" });
  expect(server.errors).toEqual([]);
});

test("a body of unknown length is refused at the first byte too many", async () => {
  const refused = Promise.withResolvers<unknown>();
  let taken = 0;
  await using server = createServer((request, response) => {
    const read = async () => {
      for await (const chunk of new RequestBody(request, 10, undefined).stream()) taken += chunk.length;
    };
    read().catch((error: unknown) => {
      refused.resolve(error);
      response.end();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  using connection = await RawConnection.open((server.address() as AddressInfo).port);
  connection.socket.write("PUT / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\na\r\n0123456789\r\n");
  while (taken < 10) await sleep(5); // the test's own time limit ends it
  connection.socket.write("1\r\nx\r\n0\r\n\r\n");
  expect(await refused.promise).toBeInstanceOf(BodyTooLarge);
  expect(taken).toBe(10);
});
