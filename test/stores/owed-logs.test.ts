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

const insert = (id: string, rules: { owesLogs?: boolean; maxSessions?: number; nodeId?: string } = {}) => {
  const { nodeId = store.nodeId, maxSessions = 8, ...more } = rules;
  return store.sessions.insert(storedSession(nodeId, id), { maxSessions, token: undefined, ...more });
};

test("logs are owed by the sessions that were stored so, until they are delivered", async () => {
  await insert("a", { owesLogs: true });
  await insert("b", { owesLogs: true });
  await insert("c");
  expect((await store.owedLogs.list()).sort()).toEqual(["a", "b"]);
  await store.owedLogs.delivered("a");
  await store.owedLogs.delivered("a");
  expect(await store.owedLogs.list()).toEqual(["b"]);
  expect(await Promise.all(["a", "b", "c"].map((id) => store.owedLogs.has(id)))).toEqual([false, true, false]);
});

test("a session that was refused owes none, and another node's are its own", async () => {
  expect(await insert("full", { owesLogs: true, maxSessions: 0 })).toBe("full");
  await insert("elsewhere", { owesLogs: true, nodeId: "another" });
  expect(await store.owedLogs.list()).toEqual([]);
});
