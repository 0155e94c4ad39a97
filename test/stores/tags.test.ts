import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openStore } from "../../src/store/store.ts";
import type { Store } from "../../src/store/types.ts";
import { storedSession, storedWorkGroup } from "./entities.ts";

let store: Store;

beforeEach(async () => {
  store = await openStore(":memory:");
  await store.workGroups.insert(storedWorkGroup("primary"), []);
});
afterEach(() => store.close());

test("tags are put, replaced and removed, each resource's by itself", async () => {
  expect(await store.tags.put("workgroup/a", tags("b=1", "a=2"), 50)).toBe(true);
  await store.tags.put("workgroup/b", tags("a=other"), 50);
  await store.tags.put("workgroup/a", tags("b=3"), 50);
  expect(await store.tags.list("workgroup/a")).toEqual(tags("a=2", "b=3"));
  await store.tags.remove("workgroup/a", ["b", "unknown"]);
  expect(await store.tags.list("workgroup/a")).toEqual(tags("a=2"));
  expect(await store.tags.list("workgroup/b")).toEqual(tags("a=other"));
});

test("one tag too many changes nothing; a new value is not one more", async () => {
  await store.tags.put("r", tags("a=1", "b=1"), 2);
  expect(await store.tags.put("r", tags("a=2", "c=2"), 2)).toBe(false);
  expect(await store.tags.list("r")).toEqual(tags("a=1", "b=1"));
  expect(await store.tags.put("r", tags("a=2", "b=2"), 2)).toBe(true);
});

test("calls at the same time do not exceed the limit together", async () => {
  const keys = Array.from({ length: 20 }, (_, n) => `k${String(n)}`);
  const answers = await Promise.all(keys.map((key) => store.tags.put("r", tags(`${key}=`), 5)));
  expect(answers.filter(Boolean)).toHaveLength(5);
  expect(await store.tags.list("r")).toHaveLength(5);
});

test("a hundred thousand keys may be named in one removal", async () => {
  await store.tags.put("r", tags("k7=1"), 50);
  await store.tags.remove(
    "r",
    Array.from({ length: 100_000 }, (_, n) => `k${String(n)}`),
  );
  expect(await store.tags.list("r")).toEqual([]);
});

test("pages of any size make up the whole list", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(fc.string({ minLength: 1 }), { maxLength: 20 }), fc.nat(5), async (keys, extra) => {
      const resource = keys.join();
      await store.tags.put(
        resource,
        keys.map((Key) => ({ Key, Value: "" })),
        50,
      );
      const seen: string[] = [];
      for (let page = await store.tags.list(resource, { after: undefined, limit: extra + 1 }); page.length > 0;) {
        seen.push(...page.map(({ Key }) => Key));
        page = await store.tags.list(resource, { after: seen.at(-1), limit: extra + 1 });
      }
      expect(new Set(seen)).toEqual(new Set(keys));
      expect(seen).toHaveLength(keys.length);
    }),
  );
});

test("a session is stored with its tags", async () => {
  const rules = { maxSessions: 9, token: undefined, tags: tags("a=1") };
  await store.sessions.insert(storedSession(store.nodeId, "s"), rules);
  expect(await store.tags.list("workgroup/primary/session/s")).toEqual(tags("a=1"));
});

function tags(...texts: string[]): { Key: string; Value: string }[] {
  return texts.map((text) => text.split("=")).map(([Key = "", Value = ""]) => ({ Key, Value }));
}
