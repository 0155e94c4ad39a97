import { afterEach, beforeEach, expect, test } from "vitest";
import { openStore } from "../../src/store/store.ts";
import type { Store } from "../../src/store/types.ts";
import { storedMember, storedSession, storedWorkGroup } from "./entities.ts";

let store: Store;
beforeEach(async () => {
  store = await openStore(":memory:");
  await store.workGroups.insert(storedWorkGroup("primary"), []);
});
afterEach(() => store.close());

const session = (id: string) => storedSession(store.nodeId, id);

test("50 sessions at once and three members: three get one each", async () => {
  const drivers = ["a", "b", "c"];
  for (const id of drivers) await store.drivers.insert(storedMember(id));
  const results = await Promise.all(
    Array.from({ length: 50 }, (_, n) =>
      store.sessions.insert(session(`s${String(n)}`), { maxSessions: 100, token: undefined, drivers }),
    ),
  );
  const claimed = results.flatMap((result) =>
    typeof result === "object" && "driverId" in result ? [result.driverId] : [],
  );
  expect(claimed.sort()).toEqual(drivers);
  expect(results.filter((result) => result === "inserted")).toHaveLength(47);
  const owners = (await store.drivers.live()).map(({ sessionId }) => sessionId);
  expect(new Set(owners).size).toBe(3);
  for (const owner of owners) expect(await store.sessions.find(owner ?? "")).toBeDefined();
});

test("a member that has ended, or is none, is not given away; the first free one is", async () => {
  for (const id of ["a", "b", "c"]) await store.drivers.insert(storedMember(id));
  await store.drivers.ended("a");
  const rules = { maxSessions: 9, token: undefined, drivers: ["unknown", "a", "b", "c"] };
  expect(await store.sessions.insert(session("s"), rules)).toEqual({ driverId: "b" });
  expect((await store.drivers.ofSession("s"))?.id).toBe("b");
});

test("one that is given back serves no session, and may be given away again", async () => {
  await store.drivers.insert(storedMember("a"));
  const rules = { maxSessions: 9, token: undefined, drivers: ["a"] };
  await store.sessions.insert(session("s"), rules);
  await store.drivers.unclaim("a");
  expect(await store.drivers.ofSession("s")).toBeUndefined();
  expect(await store.sessions.insert(session("t"), rules)).toEqual({ driverId: "a" });
});

test("a session that is refused takes none", async () => {
  await store.drivers.insert(storedMember("a"));
  const rules = { maxSessions: 0, token: undefined, drivers: ["a"] };
  expect(await store.sessions.insert(session("s"), rules)).toBe("full");
  expect((await store.drivers.live())[0]?.sessionId).toBeNull();
});

test("where a session's driver came from", async () => {
  await store.sessions.insert(session("s"), { maxSessions: 9, token: undefined });
  expect(await store.sessions.origin("s")).toBeUndefined();
  await store.sessions.setOrigin("s", { from: "pool", why: null });
  expect(await store.sessions.origin("s")).toEqual({ from: "pool", why: null });
  await store.sessions.setOrigin("s", { from: "cold", why: "it died" });
  expect(await store.sessions.origin("s")).toEqual({ from: "cold", why: "it died" });
  expect(await store.sessions.origin("other")).toBeUndefined();
});
