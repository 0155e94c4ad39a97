import { symlink, mkdir, mkdtempDisposable, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { isHidden } from "./keys.ts";
import { listObjects, type ListQuery } from "./list-objects.ts";
import { walk, type Found, type Walk } from "./walk.ts";

// The expected list, computed from the set of keys alone, by S3's definition.
function expected(keys: string[], { prefix, delimiter, after }: Pick<Walk, "prefix" | "delimiter" | "after">): Found[] {
  const groups = new Set(
    delimiter && after.startsWith(prefix) ? [groupOf(after)].filter((group) => group === after) : [],
  );
  function groupOf(key: string): string | undefined {
    const at = delimiter ? key.indexOf(delimiter, prefix.length) : -1;
    return at < 0 ? undefined : key.slice(0, at + delimiter!.length);
  }
  return keys
    .filter((key) => key.startsWith(prefix) && Buffer.compare(Buffer.from(key), Buffer.from(after)) > 0)
    .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    .flatMap((key): Found[] => {
      const group = groupOf(key);
      if (group === undefined) return [{ key }];
      if (groups.has(group)) return [];
      groups.add(group);
      return [{ commonPrefix: group }];
    });
}

const segment = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom("a", "b", "a-b", "a.b", "aa", "é", "\u{1f600}", "\u{ff5e}", "a b", "%2F", "\n"),
  },
  { weight: 1, arbitrary: fc.constantFrom("_SUCCESS", "_temporary", ".a.crc", ".hidden", "..a", ".spark-staging-1") },
);
const rawKey = fc
  .tuple(fc.array(segment, { minLength: 1, maxLength: 4 }), fc.boolean())
  .map(([segments, isFolder]) => segments.join("/") + (isFolder ? "/" : ""));

/** A tree cannot hold both `a` and `a/b`, so of such keys only the first is kept. */
const tree = fc.array(rawKey, { maxLength: 40 }).map((keys) => {
  const kept = new Set<string>();
  for (const key of keys) {
    const parents = key.split("/").map((_, i, segments) => segments.slice(0, i + 1).join("/"));
    const beside = (other: string) => other !== key && `${other}/`.startsWith(`${key.replace(/\/$/, "")}/`);
    if (parents.some((parent) => parent !== key && kept.has(parent))) continue;
    if (!key.endsWith("/") && [...kept].some(beside)) continue;
    kept.add(key);
  }
  return [...kept];
});

const text = fc.oneof(
  rawKey,
  fc.constantFrom("", "a", "a/", "a/b", "a/b/", "a/a-", "/", "a//", "..", "../", "a/../", "\u{ffff}"),
);
const scope = fc.record({
  prefix: fc.oneof(fc.constant(""), text),
  delimiter: fc.constantFrom("/", "/", "/", "", "-", "a", "b/", "//"),
  after: fc.oneof(fc.constant(""), text),
});

/** Makes the tree of files. Returns the keys that a list shows. */
async function grow(bucket: string, keys: string[]): Promise<string[]> {
  for (const key of keys) {
    if (key.endsWith("/")) await mkdir(join(bucket, key), { recursive: true });
    else {
      await mkdir(dirname(join(bucket, key)), { recursive: true });
      await writeFile(join(bucket, key), key);
    }
  }
  const isMade = (key: string) => !keys.some((other) => key.endsWith("/") && other !== key && other.startsWith(key));
  const isShown = (key: string) =>
    key.split("/").every((segment, i, segments) => !isHidden(segment, i < segments.length - 1));
  return keys.filter((key) => isMade(key) && isShown(key));
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

const inTree = (
  check: (bucket: string, keys: string[], query: { prefix: string; delimiter: string; after: string }) => Promise<void>,
) =>
  fc.assert(
    fc.asyncProperty(tree, scope, async (made, query) => {
      await using folder = await mkdtempDisposable(join(tmpdir(), "glaux-list-"));
      await check(folder.path, await grow(folder.path, made), query);
    }),
    { numRuns: 150 },
  );

test("a walk finds what S3 would list, in its order, however few names it holds", async () => {
  await inTree(async (bucket, keys, query) => {
    for (const batch of [1, 2, 1001])
      expect(await all(walk(bucket, { ...query, batch }))).toEqual(expected(keys, query));
  });
}, 60_000);

test("pages of any size make up the whole list, each with what it promises", async () => {
  await inTree(async (bucket, keys, { after, ...scope }) => {
    const whole = expected(keys, { ...scope, after });
    for (const maxKeys of [1, 2, 3, 1000]) {
      const found: Found[] = [];
      let startAfter: string | undefined = after;
      while (startAfter !== undefined) {
        const query: ListQuery = { ...scope, startAfter, maxKeys };
        const { objects, commonPrefixes, isTruncated, next } = await listObjects(bucket, query);
        const page = [
          ...objects.map(({ key }) => ({ key })),
          ...commonPrefixes.map((commonPrefix) => ({ commonPrefix })),
        ];
        expect(isTruncated).toBe(found.length + page.length < whole.length);
        expect(page.length).toBe(isTruncated ? maxKeys : whole.length - found.length);
        for (const { key, size } of objects) expect(size).toBe(key.endsWith("/") ? 0 : Buffer.byteLength(key));
        found.push(...page);
        startAfter = next;
        expect(startAfter !== undefined).toBe(isTruncated);
      }
      const text = (item: Found) => ("key" in item ? item.key : `group ${item.commonPrefix}`);
      expect(found.map(text).sort()).toEqual(whole.map(text).sort());
    }
  });
}, 60_000);

test("links are neither listed nor followed, as entries and in the prefix", async () => {
  await using outside = await mkdtempDisposable(join(tmpdir(), "glaux-outside-"));
  await using bucket = await mkdtempDisposable(join(tmpdir(), "glaux-list-"));
  await writeFile(join(outside.path, "secret"), "");
  await mkdir(join(bucket.path, "d"));
  await symlink(outside.path, join(bucket.path, "d", "out"));
  await symlink(join(outside.path, "secret"), join(bucket.path, "d", "file"));
  for (const query of [
    { prefix: "" },
    { prefix: "d/out/" },
    { prefix: "", delimiter: "/" },
    { prefix: "d/", delimiter: "/" },
  ])
    expect(await listObjects(bucket.path, { ...query, maxKeys: 10 })).toEqual({
      objects: [],
      commonPrefixes: [],
      isTruncated: false,
    });
});

test("an object that vanishes between the walk and the look at it is left out, and the page is full all the same", async () => {
  await using bucket = await mkdtempDisposable(join(tmpdir(), "glaux-list-"));
  const names = Array.from({ length: 500 }, (_, i) => `f${String(i).padStart(3, "0")}`);
  await Promise.all(names.map((name) => writeFile(join(bucket.path, name), "")));
  const listing = Promise.all(Array.from({ length: 20 }, () => listObjects(bucket.path, { prefix: "", maxKeys: 100 })));
  const removing = Promise.all(names.slice(0, 300).map((name) => rm(join(bucket.path, name))));
  for (const page of await listing) expect(page.objects).toHaveLength(100);
  await removing;
  const rest = await listObjects(bucket.path, { prefix: "", maxKeys: 1000 });
  expect(rest.objects.map(({ key }) => key)).toEqual(names.slice(300));
});

test("a list stops when its client is gone", async () => {
  await using bucket = await mkdtempDisposable(join(tmpdir(), "glaux-list-"));
  await writeFile(join(bucket.path, "a"), "");
  await expect(listObjects(bucket.path, { prefix: "", maxKeys: 1, signal: AbortSignal.abort() })).rejects.toThrow();
});
