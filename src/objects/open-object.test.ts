import { execFileSync } from "node:child_process";
import { readdirSync, readlinkSync } from "node:fs";
import { appendFile, mkdir, mkdtempDisposable, rename, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer, text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ObjectCutShort } from "./object-stream.ts";
import { openObject } from "./open-object.ts";

let bucket: Awaited<ReturnType<typeof mkdtempDisposable>>;
beforeEach(async () => {
  bucket = await mkdtempDisposable(join(tmpdir(), "glaux-open-"));
});
afterEach(async () => {
  expect(descriptorsInBucket()).toEqual([]);
  await bucket.remove();
});

const path = (...parts: string[]) => join(bucket.path, ...parts);

function descriptorsInBucket(): string[] {
  return readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`);
      return target.startsWith(bucket.path) ? [target] : [];
    } catch {
      return []; // the descriptor that readdirSync() itself used, closed by now
    }
  });
}

async function open(key: string) {
  const object = await openObject(bucket.path, key);
  if (object === undefined) throw new Error(`${key} is not there`);
  return object;
}

describe("a file", () => {
  test("is given whole and in parts", async () => {
    await mkdir(path("d"));
    await writeFile(path("d", "a.csv"), "0123456789");
    const object = await open("d/a.csv");
    expect(object.info).toMatchObject({ size: 10, contentType: "text/csv" });
    expect(object.info.etag).toMatch(/^"[0-9a-f]{32}-1"$/);
    expect(await text(object.stream())).toBe("0123456789");
    expect(await text((await open("d/a.csv")).stream({ start: 2, end: 4 }))).toBe("234");
  });

  test("of no bytes gives none", async () => {
    await writeFile(path("a"), "");
    expect(await text((await open("a")).stream())).toBe("");
  });

  test("larger than a chunk arrives byte for byte", async () => {
    const bytes = Buffer.from(Array.from({ length: 1_000_003 }, (_, i) => (i * 7) % 251));
    await writeFile(path("a"), bytes);
    expect((await buffer((await open("a")).stream())).equals(bytes)).toBe(true);
    expect(
      (await buffer((await open("a")).stream({ start: 262_143, end: 524_289 }))).equals(
        bytes.subarray(262_143, 524_290),
      ),
    ).toBe(true);
  });

  test("keeps its ETag until it is written again", async () => {
    await writeFile(path("a"), "x");
    const etagOf = async () => {
      const object = await open("a");
      await object.close();
      return object.info.etag;
    };
    const first = await etagOf();
    expect(await etagOf()).toBe(first);
    await appendFile(path("a"), "y");
    const second = await etagOf();
    expect(second).not.toBe(first);
    await writeFile(path("b"), "xy");
    await rename(path("b"), path("a"));
    expect(await etagOf()).not.toBe(second);
  });

  test("that grows while it is read gives what it had when it was opened", async () => {
    await writeFile(path("a"), "before");
    const object = await open("a");
    await appendFile(path("a"), " and after");
    expect(await text(object.stream())).toBe("before");
  });

  test("that shrinks while it is read breaks the stream", async () => {
    await writeFile(path("a"), "before");
    const object = await open("a");
    await truncate(path("a"), 3);
    await expect(text(object.stream())).rejects.toThrow(ObjectCutShort);
  });

  test("that is deleted or replaced while it is read is read to its end", async () => {
    await writeFile(path("a"), "old");
    await writeFile(path("b"), "old b");
    const [a, b] = [await open("a"), await open("b")];
    await rm(path("a"));
    await writeFile(path("c"), "new");
    await rename(path("c"), path("b"));
    expect(await text(a.stream())).toBe("old");
    expect(await text(b.stream())).toBe("old b");
  });

  test("is closed by the destruction of a stream that was never read, and by close", async () => {
    await writeFile(path("a"), "x");
    const stream = (await open("a")).stream();
    const closed = new Promise((resolve) => stream.on("close", resolve));
    stream.destroy();
    await closed;
    expect(descriptorsInBucket()).toEqual([]);
    const object = await open("a");
    expect(descriptorsInBucket()).toEqual([path("a")]);
    await object.close();
    await object.close();
  });

  test("replaced all the time is there all the time", async () => {
    await writeFile(path("a"), "0");
    const done = new AbortController();
    const replacing = (async () => {
      for (let i = 1; !done.signal.aborted; i++) {
        await writeFile(path("b"), String(i));
        await rename(path("b"), path("a"));
      }
    })();
    for (let i = 0; i < 300; i++) await (await open("a")).close();
    done.abort();
    await replacing;
  });
});

describe("a folder", () => {
  test("is an object if it is empty and asked for with a slash", async () => {
    await mkdir(path("empty"));
    await mkdir(path("full"));
    await writeFile(path("full", "a"), "x");
    const object = await open("empty/");
    expect(object.info).toMatchObject({ size: 0, contentType: "application/x-directory" });
    expect(await text(object.stream())).toBe("");
    for (const key of ["empty", "full", "full/", "full/a/", "", "/"])
      expect(await openObject(bucket.path, key)).toBeUndefined();
  });
});

describe("what is no object", () => {
  test("links, also to a place in the bucket, and what lies behind them", async () => {
    await mkdir(path("d"));
    await writeFile(path("d", "a"), "x");
    await symlink("d", path("inside"));
    await symlink("/etc", path("outside"));
    await symlink("/etc/passwd", path("file"));
    await symlink("loop", path("loop"));
    for (const key of ["inside", "inside/", "inside/a", "outside/passwd", "outside/", "file", "loop", "loop/a"])
      expect(await openObject(bucket.path, key)).toBeUndefined();
  });

  test("pipes, which nobody waits for", async () => {
    execFileSync("mkfifo", [path("pipe")]);
    expect(await openObject(bucket.path, "pipe")).toBeUndefined();
  });

  test.each([
    "..",
    "../a",
    "a/../a",
    ".",
    "./a",
    "a//a",
    "/a",
    "a\0",
    "a/b",
    "é".repeat(200),
    "a/".repeat(600),
    "\udc00",
  ])("a key like %j", async (key) => {
    await writeFile(path("a"), "x");
    expect(await openObject(bucket.path, key)).toBeUndefined();
  });

  test("a link that takes a folder's place between two looks", async () => {
    await using outside = await mkdtempDisposable(join(tmpdir(), "glaux-outside-"));
    await writeFile(join(outside.path, "a"), "secret");
    await mkdir(path("real"));
    await writeFile(path("real", "a"), "ours");
    await symlink(outside.path, path("link"));
    const done = new AbortController();
    const swapping = (async () => {
      while (!done.signal.aborted) {
        await rename(path("real"), path("d"));
        await rename(path("d"), path("real"));
        await rename(path("link"), path("d"));
        await rename(path("d"), path("link"));
      }
    })();
    for (let i = 0; i < 1000; i++) {
      const object = await openObject(bucket.path, "d/a");
      if (object !== undefined) expect(await text(object.stream())).toBe("ours");
    }
    done.abort();
    await swapping;
  });
});
