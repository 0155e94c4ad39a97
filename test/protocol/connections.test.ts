import { Readable } from "node:stream";
import { once } from "node:events";
import { expect, test } from "vitest";
import { athenaBodyLimitBytes } from "../../src/protocol/doors/athena.ts";
import { bytesOf, RawConnection, send, signed, startFrontEnd } from "./front-end-server.ts";

const answered = /HTTP\/1\.1 (\d{3})[^]*?\r\n\r\n(\{.*?\}(?=HTTP|$)|an object|fine|<.*?>\n?)/;

test("requests one behind the other on one connection are answered in order, whatever becomes of each", async () => {
  await using server = await startFrontEnd();
  using connection = await RawConnection.open(server.port);
  const body = "x".repeat(300_000);
  const refused = [
    { headers: { "x-amz-target": "AmazonAthena.Nothing" }, body },
    { headers: { "x-amz-target": "AmazonAthena.GetSessionStatus" }, body },
    { method: "PUT", path: "/bucket/key", body },
    { method: "DELETE", path: "/", headers: { "x-amz-target": "x" }, body },
    { method: "POST", path: "/-/nowhere", body },
  ];
  const good = signed(server.port);
  for (const outgoing of refused) connection.socket.write(bytesOf(server.port, outgoing) + bytesOf(server.port, good));
  const statuses: string[] = [];
  for (let count = 0; count < 10; count++) {
    const head = await connection.take(/\r\n\r\n/);
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1]);
    await connection.take(new RegExp(`^[^]{${String(length)}}`));
    statuses.push(head.slice(9, 12));
  }
  expect(statuses).toEqual(["400", "200", "400", "200", "403", "200", "404", "200", "404", "200"]);
});

test("a body in small pieces, in chunked encoding", async () => {
  await using server = await startFrontEnd();
  using connection = await RawConnection.open(server.port);
  const { headers, body } = signed(server.port);
  const chunked = Object.fromEntries(
    Object.entries(headers).filter(([name]) => name.toLowerCase() !== "content-length"),
  );
  // aws4 signs the header Content-Length, which a chunked request does not have. So the request is sent
  // without its signature, and is refused as unsigned.
  const { Authorization: _, ...unsigned } = chunked;
  const head = Object.entries({ ...unsigned, "transfer-encoding": "chunked" }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  connection.socket.write(`POST / HTTP/1.1\r\n${head.join("")}\r\n`);
  for (const byte of body) connection.socket.write(`1\r\n${byte}\r\n`);
  connection.socket.write("0\r\n\r\n");
  expect(await connection.take(answered)).toContain("MissingAuthenticationTokenException");
  connection.socket.write(bytesOf(server.port, signed(server.port)));
  expect(await connection.take(answered)).toContain("200 OK");
});

test("a body that comes slowly is waited for, byte by byte", async () => {
  await using server = await startFrontEnd();
  using connection = await RawConnection.open(server.port);
  const bytes = bytesOf(server.port, signed(server.port));
  const bodyAt = bytes.indexOf("\r\n\r\n") + 4;
  connection.socket.write(bytes.slice(0, bodyAt));
  for (const byte of bytes.slice(bodyAt)) {
    connection.socket.write(byte);
    await new Promise(setImmediate);
  }
  expect(await connection.take(answered)).toContain('"State":"IDLE"');
});

test.each([
  ["no HTTP", "\x16\x03\x01\x02\x00garbage\r\n\r\n", "400"],
  ["a header line without a colon", "GET / HTTP/1.1\r\nhost\r\n\r\n", "400"],
  ["two lengths", "POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n", "400"],
  [
    "length and chunks",
    "POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "400",
  ],
  ["a head of 100 kB", `GET / HTTP/1.1\r\nhost: h\r\nx: ${"x".repeat(100_000)}\r\n\r\n`, "431"],
])("%s is refused, and the connection ended", async (_, bytes, status) => {
  await using server = await startFrontEnd();
  using connection = await RawConnection.open(server.port);
  connection.socket.write(bytes);
  expect((await connection.rest()).slice(0, 12)).toBe(`HTTP/1.1 ${status}`);
  expect((await send(server.port, signed(server.port))).status).toBe(200);
});

test.each([
  ["a head that never ends", "POST / HTTP/1.1\r\nhost: h\r\n"],
  ["a body that never ends", "POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 10\r\n\r\nabc"],
])("%s is given up", async (_, bytes) => {
  await using server = await startFrontEnd({}, { headersMs: 100, requestMs: 200, checkMs: 50 });
  using connection = await RawConnection.open(server.port);
  connection.socket.write(bytes);
  expect((await connection.rest()).slice(0, 12)).toBe("HTTP/1.1 408");
  expect(server.errors).toEqual([]);
});

test("a client that leaves in the middle of its body is forgotten without an error", async () => {
  await using server = await startFrontEnd();
  const connection = await RawConnection.open(server.port);
  connection.socket.write(bytesOf(server.port, signed(server.port)).slice(0, -3));
  connection.socket.destroy();
  await once(connection.socket, "close");
  expect((await send(server.port, signed(server.port))).status).toBe(200);
  expect(server.errors).toEqual([]);
});

test("a client that leaves aborts its call", async () => {
  const started = Promise.withResolvers<undefined>();
  const aborted = Promise.withResolvers<unknown>();
  await using server = await startFrontEnd({
    operations: {
      GetSessionStatus: async (_, { signal }) => {
        started.resolve(undefined);
        await once(signal, "abort");
        aborted.resolve(signal.reason);
        throw signal.reason;
      },
    },
  });
  const connection = await RawConnection.open(server.port);
  connection.socket.write(bytesOf(server.port, signed(server.port)));
  await started.promise;
  connection.socket.destroy();
  expect(await aborted.promise).toMatchObject({ name: "AbortError" });
  expect(server.errors).toEqual([]);
});

test(
  "a body over the limit is refused when it has been read, and the connection goes on",
  { timeout: 60_000 },
  async () => {
    await using server = await startFrontEnd();
    using connection = await RawConnection.open(server.port);
    const body = Buffer.alloc(athenaBodyLimitBytes + 1, "x").toString("latin1");
    const outgoing = signed(server.port, { body });
    connection.socket.write(bytesOf(server.port, outgoing), "latin1");
    const refusal = await connection.take(answered);
    expect(refusal).toContain("HTTP/1.1 413");
    expect(refusal).toContain(
      `"Message":"The request's body is larger than the limit of ${String(athenaBodyLimitBytes)} bytes."`,
    );
    connection.socket.write(bytesOf(server.port, signed(server.port)));
    expect(await connection.take(answered)).toContain("200 OK");
  },
);

test("a body far over the limit ends the connection", async () => {
  await using server = await startFrontEnd();
  using connection = await RawConnection.open(server.port);
  const length = 3 * 1024 * 1024;
  connection.socket.write(bytesOf(server.port, { method: "PUT", path: "/b/k", body: "x".repeat(length) }));
  expect(await connection.rest()).toMatch(/^HTTP\/1\.1 403[^]*connection: close/i);
});

test("the largest notebook fits, in JSON's longest form", { timeout: 60_000 }, async () => {
  let received = 0;
  await using server = await startFrontEnd({
    operations: {
      ImportNotebook: ({ Payload }: { Payload: string }) => {
        received = Payload.length;
        return Promise.resolve({});
      },
    },
  });
  const payload = "\\u00e9".repeat(10_485_760);
  const body = `{"WorkGroup":"w","Name":"n","Type":"IPYNB","Payload":"${payload}"}`;
  const { status } = await send(server.port, signed(server.port, { body }, { operation: "ImportNotebook" }));
  expect([status, received]).toEqual([200, 10_485_760]);
});

test.each([
  ["throws an error", () => Promise.reject(new Error("the secret cause"))],
  ["throws nothing in particular", () => Promise.reject(undefined as unknown as Error)],
  [
    "throws at once",
    () => {
      throw new Error("the secret cause");
    },
  ],
  ["answers nothing", () => Promise.resolve(undefined as unknown as object)],
  ["answers a member of a wrong type", () => Promise.resolve({ SessionId: 5 })],
])("a handler that %s: the caller gets the request id, the log the cause", async (_, handler) => {
  await using server = await startFrontEnd({ operations: { GetSessionStatus: handler } });
  const { status, headers, body } = await send(server.port, signed(server.port));
  const requestId = headers["x-amzn-requestid"];
  expect([status, JSON.parse(body)]).toEqual([
    500,
    {
      __type: "InternalServerException",
      Message: `The service failed to answer request ${String(requestId)}. Its log says why.`,
    },
  ]);
  expect(server.errors).toMatchObject([{ fields: { requestId, target: "AmazonAthena.GetSessionStatus" } }]);
  expect(server.errors[0]?.fields).toHaveProperty("err");
});

test("a stream that fails ends the connection, and only that", async () => {
  const failing = () =>
    new Readable({
      read() {
        this.push("the beginning");
        this.destroy(new Error("the disk is gone"));
      },
    });
  await using server = await startFrontEnd({
    internal: () => Promise.resolve({ status: 200, headers: { "content-length": 1000 }, body: failing() }),
  });
  await expect(send(server.port, { method: "GET", path: "/-/x" })).rejects.toThrow();
  expect(server.errors).toMatchObject([{ message: "An answer could not be sent" }]);
  expect((await send(server.port, signed(server.port))).status).toBe(200);
});

test("HEAD is answered without a body, with its length", async () => {
  await using server = await startFrontEnd();
  const { status, headers, body } = await send(server.port, { method: "HEAD", path: "/-/health" });
  expect([status, headers["content-length"], body]).toEqual([200, "4", ""]);
});

test("paths under /-/ need no signature, and unknown ones are 404 in JSON", async () => {
  await using server = await startFrontEnd();
  expect((await send(server.port, { method: "GET", path: "/-/health?x=y" })).body).toBe("fine");
  const { status, headers, body } = await send(server.port, { method: "GET", path: "/-/other" });
  expect([status, headers["content-type"], JSON.parse(body)]).toEqual([
    404,
    "application/json",
    { message: "There is no such path under /-/." },
  ]);
});
