import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { ObjectTail } from "./object-tail.ts";

const none = new AbortController().signal;
const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** Serves an object that grows, over real HTTP. `cutAt` breaks one answer off after so many bytes. */
async function growing() {
  const object = { content: undefined as Buffer | undefined, cutAt: undefined as number | undefined };
  const server = createServer((request, response) => {
    const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? "")?.[1]);
    if (object.content === undefined) return response.writeHead(404).end("<Code>NoSuchKey</Code>");
    const rest = object.content.subarray(from);
    if (rest.length === 0) return response.writeHead(416).end();
    response.writeHead(206, { "content-length": rest.length });
    const { cutAt } = object;
    object.cutAt = undefined;
    if (cutAt === undefined) return response.end(rest);
    return response.write(rest.subarray(0, cutAt), () => setTimeout(() => response.destroy(), 50));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const get = (_: string, path: string, options?: object) => fetch(`http://127.0.0.1:${String(port)}${path}`, options);
  return { object, get };
}

test("copies every byte once, as the object grows", async () => {
  const { object, get } = await growing();
  const copied: Uint8Array[] = [];
  const tail = new ObjectTail("s3://bucket/a b/stdout", async (chunk) => void copied.push(chunk));
  expect(await tail.advance(get, none)).toEqual({ exists: false, bytes: 0 });
  object.content = Buffer.from("é1");
  expect(await tail.advance(get, none)).toEqual({ exists: true, bytes: 3 });
  expect(await tail.advance(get, none)).toEqual({ exists: true, bytes: 0 });
  object.content = Buffer.concat([object.content, Buffer.alloc(1_000_000, "x")]);
  expect(await tail.advance(get, none)).toEqual({ exists: true, bytes: 1_000_000 });
  expect(Buffer.concat(copied).equals(object.content)).toBe(true);
});

test("goes on where it was after an answer that broke off", async () => {
  const { object, get } = await growing();
  const copied: Uint8Array[] = [];
  const tail = new ObjectTail("s3://bucket/stdout", async (chunk) => void copied.push(chunk));
  object.content = Buffer.from("0123456789".repeat(1000));
  object.cutAt = 777;
  await expect(tail.advance(get, none)).rejects.toThrow();
  expect(Buffer.concat(copied)).toHaveLength(777);
  await tail.advance(get, none);
  expect(Buffer.concat(copied).equals(object.content)).toBe(true);
});
