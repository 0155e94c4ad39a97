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

const insert = (id: string, rules: { hasLogsToDeliver?: boolean; maxSessions?: number; nodeId?: string } = {}) => {
  const { nodeId = store.nodeId, maxSessions = 8, ...more } = rules;
  return store.sessions.insert(storedSession(nodeId, id), { maxSessions, token: undefined, ...more });
};

test("logs of sessions that were stored so are undelivered, until they are delivered", async () => {
  await insert("a", { hasLogsToDeliver: true });
  await insert("b", { hasLogsToDeliver: true });
  await insert("c");
  expect((await store.undeliveredLogs.list()).sort()).toEqual(["a", "b"]);
  await store.undeliveredLogs.delivered("a");
  await store.undeliveredLogs.delivered("a");
  expect(await store.undeliveredLogs.list()).toEqual(["b"]);
  expect(await Promise.all(["a", "b", "c"].map((id) => store.undeliveredLogs.has(id)))).toEqual([false, true, false]);
});

test("a session that was refused has none, and another node's are its own", async () => {
  expect(await insert("full", { hasLogsToDeliver: true, maxSessions: 0 })).toBe("full");
  await insert("elsewhere", { hasLogsToDeliver: true, nodeId: "another" });
  expect(await store.undeliveredLogs.list()).toEqual([]);
});
