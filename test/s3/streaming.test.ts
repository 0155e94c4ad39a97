import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { appendFile, mkdir, mkdtempDisposable, open, rm, truncate, writeFile } from "node:fs/promises";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { GetObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { s3Client } from "./s3-server.ts";

const megabyte = 1024 * 1024;
let folder: Awaited<ReturnType<typeof mkdtempDisposable>>;
let program: ReturnType<typeof startProgram>;
let client: S3Client;

// The server runs in its own process, so that memory and descriptors can be measured for the server alone.
function startProgram(buckets: string) {
  return spawn(process.execPath, [join(import.meta.dirname, "s3-server.ts"), buckets], {
    stdio: ["ignore", "pipe", "inherit"],
  });
}

beforeAll(async () => {
  folder = await mkdtempDisposable(join(tmpdir(), "glaux-s3-"));
  await mkdir(join(folder.path, "zoo"));
  program = startProgram(folder.path);
  const [line] = (await once(program.stdout, "data")) as [Buffer];
  client = s3Client(Number(line.toString()));
});
afterAll(async () => {
  client.destroy();
  program.kill();
  await once(program, "exit");
  await folder.remove();
});

const path = (key: string) => join(folder.path, "zoo", key);

async function get(key: string): Promise<{ length: number | undefined; body: Readable }> {
  const { ContentLength, Body } = await client.send(new GetObjectCommand({ Bucket: "zoo", Key: key }));
  return { length: ContentLength, body: Body as Readable };
}

/** The files in the bucket that the server has open. */
function openFiles(): string[] {
  const folderOfFds = `/proc/${program.pid ?? 0}/fd`;
  return readdirSync(folderOfFds).flatMap((fd) => {
    try {
      const target = readlinkSync(join(folderOfFds, fd));
      return target.startsWith(folder.path) ? [target] : [];
    } catch {
      return []; // the descriptor was closed meanwhile
    }
  });
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(5); // if this never becomes true, the test's time limit ends it
}

function peakMemoryMb(): number {
  const status = readFileSync(`/proc/${program.pid ?? 0}/status`, "utf8");
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
}

async function writeLarge(key: string, megabytes: number): Promise<string> {
  const hash = createHash("sha256");
  await using file = await open(path(key), "w");
  for (let i = 0; i < megabytes; i++) {
    const chunk = Buffer.alloc(megabyte, `line ${i}\n`);
    hash.update(chunk);
    await file.write(chunk);
  }
  return hash.digest("hex");
}

test("100 MB go through in little memory, to a fast client and to a slow one", async () => {
  const sum = await writeLarge("large", 100);
  await text((await get("large")).body).then((warm) => expect(warm.length).toBe(100 * megabyte));
  const before = peakMemoryMb();
  for (const pauseEvery of [Infinity, 8 * megabyte]) {
    const { length, body } = await get("large");
    expect(length).toBe(100 * megabyte);
    const hash = createHash("sha256");
    let sincePause = 0;
    for await (const chunk of body as AsyncIterable<Buffer>) {
      hash.update(chunk);
      sincePause += chunk.length;
      if (sincePause < pauseEvery) continue;
      sincePause = 0;
      await sleep(10);
    }
    expect(hash.digest("hex")).toBe(sum);
  }
  // Chunks that were sent stay in memory until the next garbage collection, so the measure is coarse. The
  // bound is far less than one of the three objects.
  expect(peakMemoryMb() - before).toBeLessThan(70);
  await until(() => openFiles().length === 0);
}, 30_000);

test("a client that goes away frees the file", async () => {
  await writeLarge("left", 20);
  const bodies = await Promise.all(Array.from({ length: 5 }, () => get("left")));
  await until(() => openFiles().length === 5);
  for (const { body } of bodies) body.destroy();
  await until(() => openFiles().length === 0);
});

test("a file that is deleted while it is sent arrives whole", async () => {
  const sum = await writeLarge("deleted", 20);
  const { body } = await get("deleted");
  await rm(path("deleted"));
  const hash = createHash("sha256");
  for await (const chunk of body as AsyncIterable<Buffer>) hash.update(chunk);
  expect(hash.digest("hex")).toBe(sum);
  await expect(get("deleted")).rejects.toMatchObject({ name: "NoSuchKey" });
});

test("a file that grows all the time arrives as long as it was, and never holds the client up", async () => {
  await writeFile(path("growing"), "0\n");
  const done = new AbortController();
  const growing = (async () => {
    for (let i = 1; !done.signal.aborted; i++) await appendFile(path("growing"), `${i}\n`.repeat(500));
  })();
  for (let i = 0; i < 50; i++) {
    const { length, body } = await get("growing");
    expect((await text(body)).length).toBe(length);
  }
  done.abort();
  await growing;
});

test("a file that shrinks while it is sent cuts the connection, rather than let the client wait or believe", async () => {
  await writeLarge("shrinking", 50);
  const { body } = await get("shrinking");
  await truncate(path("shrinking"), 100);
  await expect(text(body)).rejects.toThrow();
  await until(() => openFiles().length === 0);
});
