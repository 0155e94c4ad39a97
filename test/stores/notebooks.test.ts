import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openStore } from "../../src/store/store.ts";
import type { Notebook, Session } from "../../src/domain/entities.ts";
import type { TokenUse } from "../../src/domain/request-token.ts";
import type { Store } from "../../src/store/types.ts";
import { storedSession, storedWorkGroup } from "./entities.ts";

let store: Store;

beforeEach(async () => {
  store = await openStore(":memory:");
  for (const name of ["primary", "other"]) await store.workGroups.insert(storedWorkGroup(name), []);
});
afterEach(() => store.close());

function notebook(id: string, change: Partial<Notebook> = {}): Notebook {
  return { id, workGroup: "primary", name: `notebook ${id}`, createdAt: 1, modifiedAt: 1, ...change };
}

const add = (id: string, change: Partial<Notebook> = {}) =>
  store.notebooks.insert(notebook(id, change), `payload of ${id}`, undefined);
const token = (operation: string, answer = "n", digest = "d"): TokenUse => ({
  operation,
  token: "t",
  digest,
  answer,
  at: 1,
});
const session = (id: string, notebookId: string, change: Partial<Session> = {}) =>
  storedSession(store.nodeId, id, { notebookId, ...change });
const start = (id: string, notebookId: string, change: Partial<Session> = {}) =>
  store.sessions.insert(session(id, notebookId, change), { maxSessions: 100, token: undefined });
const save = (sessionId?: string) => store.notebooks.save("n", "new", { at: 5, sessionId, token: undefined });
const rename = (id: string, name: string) => store.notebooks.rename(id, name, { at: 5, token: undefined });

describe("a notebook", () => {
  test("comes out as it went in, its content by itself", async () => {
    const payload = "\u0001 ünïcode 𝒳 '\"\\ \r\n";
    await store.notebooks.insert(notebook("n"), payload, undefined);
    expect(await store.notebooks.find("n")).toEqual(notebook("n"));
    expect(await store.notebooks.read("n")).toEqual({ notebook: notebook("n"), payload });
    expect(await store.notebooks.find("x")).toBeUndefined();
    expect(await store.notebooks.read("x")).toBeUndefined();
  });

  test("needs a workgroup, and a name that is new there", async () => {
    expect(await add("a", { workGroup: "nowhere" })).toBe("noWorkGroup");
    expect(await add("a", { name: "owl" })).toBe("inserted");
    expect(await add("b", { name: "owl" })).toBe("nameTaken");
    expect(await add("b", { name: "Owl" })).toBe("inserted");
    expect(await add("c", { name: "owl", workGroup: "other" })).toBe("inserted");
  });

  test("goes with its content", async () => {
    await add("n");
    expect(await store.notebooks.delete("n")).toBe("deleted");
    expect(await store.notebooks.delete("n")).toBe("unknown");
    expect(await store.notebooks.read("n")).toBeUndefined();
    expect(await add("n")).toBe("inserted");
  });

  test("is renamed to its own name, to a new one, and not to one that is taken", async () => {
    await add("n");
    await add("m");
    expect(await rename("n", "notebook n")).toBe("renamed");
    expect(await rename("n", "notebook m")).toBe("nameTaken");
    expect(await rename("n", "owl")).toBe("renamed");
    expect(await store.notebooks.find("n")).toEqual(notebook("n", { name: "owl", modifiedAt: 5 }));
    expect(await rename("x", "owl")).toBe("unknown");
  });
});

describe("lists", () => {
  const list = async (filter: Partial<Parameters<Store["notebooks"]["list"]>[0]>) => {
    const found = await store.notebooks.list({
      workGroup: "primary",
      nameContains: undefined,
      after: undefined,
      limit: 10,
      ...filter,
    });
    return found.map(({ id }) => id);
  };

  test("are of one workgroup, newest first, page by page", async () => {
    for (let n = 0; n < 5; n++) await add(`n${String(n)}`, { createdAt: n < 3 ? 1 : n });
    await add("elsewhere", { workGroup: "other" });
    expect(await list({})).toEqual(["n4", "n3", "n2", "n1", "n0"]);
    expect(await list({ limit: 2 })).toEqual(["n4", "n3"]);
    await add("newer", { createdAt: 9 });
    expect(await list({ after: { at: 3, id: "n3" }, limit: 2 })).toEqual(["n2", "n1"]);
    expect(await list({ after: { at: 1, id: "n1" } })).toEqual(["n0"]);
  });

  test("find names by a part of them, taken as it is", async () => {
    await add("a", { name: "snowy owl" });
    await add("b", { name: "Owl 100%_" });
    await add("c", { name: "ὄρνις" });
    expect(await list({ nameContains: "owl" })).toEqual(["a"]);
    expect(await list({ nameContains: "%" })).toEqual(["b"]);
    expect(await list({ nameContains: "_" })).toEqual(["b"]);
    expect(await list({ nameContains: "ρν" })).toEqual(["c"]);
    expect(await list({ nameContains: "'" })).toEqual([]);
  });
});

describe("a notebook's session", () => {
  beforeEach(() => add("n"));

  test("needs its notebook, in its workgroup", async () => {
    expect(await start("s", "x")).toBe("noNotebook");
    expect(await start("s", "n", { workGroup: "other" })).toBe("noNotebook");
    expect(await start("s", "n")).toBe("inserted");
    expect(await store.sessions.find("s")).toMatchObject({ notebookId: "n" });
  });

  test("is the only active one, however many start at once", async () => {
    const results = await Promise.all(Array.from({ length: 50 }, (_, n) => start(`s${String(n)}`, "n")));
    expect(results.filter((result) => result === "inserted")).toHaveLength(1);
    expect(results.filter((result) => result === "notebookInUse")).toHaveLength(49);
    const [active] = await store.notebooks.activeSessions("n", { after: undefined, limit: 10 });
    await store.sessions.transition(active!.id, "TERMINATING", { at: 2 });
    expect(await start("next", "n")).toBe("inserted");
  });

  test("does not use its token up where it is refused, and answers to it where it is known", async () => {
    const use = { ...token("StartSession", "a"), token: "start" };
    expect(await store.sessions.insert(session("a", "x"), { maxSessions: 9, token: use })).toBe("noNotebook");
    expect(await store.sessions.insert(session("a", "n"), { maxSessions: 9, token: use })).toBe("inserted");
    expect(await store.sessions.insert(session("b", "n"), { maxSessions: 9, token: use })).toMatchObject({
      answer: "a",
    });
    expect(await store.sessions.insert(session("c", "n"), { maxSessions: 9, token: undefined })).toBe("notebookInUse");
  });

  test("keeps it from being renamed and deleted, and from being saved by others", async () => {
    await start("s", "n");
    expect(await rename("n", "owl")).toEqual({ inUseBy: "s" });
    expect(await store.notebooks.delete("n")).toEqual({ inUseBy: "s" });
    expect(await save()).toEqual({ inUseBy: "s" });
    expect(await save("other")).toEqual({ inUseBy: "s" });
    expect(await store.notebooks.read("n")).toEqual({ notebook: notebook("n"), payload: "payload of n" });
    expect(await save("s")).toBe("saved");
    expect(await store.notebooks.read("n")).toEqual({ notebook: notebook("n", { modifiedAt: 5 }), payload: "new" });
  });

  test("may save once more after its end, until another one is active", async () => {
    await add("m");
    await start("s", "n");
    await start("of m", "m");
    await store.sessions.transition("s", "FAILED", { at: 2 });
    expect(await save("s")).toBe("saved");
    expect(await save()).toBe("saved");
    expect(await save("of m")).toBe("notItsSession");
    expect(await save("unknown")).toBe("notItsSession");
    await start("next", "n");
    expect(await save("s")).toEqual({ inUseBy: "next" });
  });

  test("is listed while it is active", async () => {
    const list = () => store.notebooks.activeSessions("n", { after: undefined, limit: 10 });
    expect(await list()).toEqual([]);
    await start("failed", "n", { state: "FAILED" });
    await start("s", "n", { createdAt: 7 });
    expect(await list()).toEqual([{ id: "s", createdAt: 7 }]);
    await store.sessions.transition("s", "IDLE", { at: 8 });
    await store.sessions.transition("s", "DEGRADED", { at: 9 });
    expect(await list()).toHaveLength(1);
    await store.sessions.transition("s", "TERMINATING", { at: 10 });
    expect(await list()).toEqual([]);
  });
});

describe("of many calls at once", () => {
  test("with one token one makes a notebook, and all learn its id", async () => {
    const calls = Array.from({ length: 50 }, (_, n) =>
      store.notebooks.insert(notebook(String(n), { name: "owl" }), "p", token("CreateNotebook", String(n))),
    );
    const results = await Promise.all(calls);
    expect(results.filter((result) => result === "inserted")).toHaveLength(1);
    expect(new Set(results.flatMap((result) => (typeof result === "object" ? [result.answer] : []))).size).toBe(1);
  });

  test("for one name one wins, and no other uses its token up", async () => {
    const calls = Array.from({ length: 50 }, (_, n) =>
      store.notebooks.insert(notebook(String(n), { name: "owl" }), "p", {
        ...token("CreateNotebook", String(n)),
        token: String(n),
      }),
    );
    const results = await Promise.all(calls);
    expect(results.filter((result) => result === "nameTaken")).toHaveLength(49);
    const known = await Promise.all(
      results.map((_, n) => store.tokens.find({ operation: "CreateNotebook", token: String(n) })),
    );
    expect(known.filter((use) => use !== undefined)).toHaveLength(1);
  });

  test("a save is done whole or not at all", async () => {
    await add("n");
    const payloads = Array.from({ length: 20 }, (_, n) => String(n).repeat(100_000));
    const saves = payloads.map((payload, n) =>
      store.notebooks.save("n", payload, { at: n, sessionId: undefined, token: undefined }),
    );
    const reads = payloads.map(() => store.notebooks.read("n"));
    expect(await Promise.all(saves)).toEqual(payloads.map(() => "saved"));
    for (const read of await Promise.all(reads)) expect(["payload of n", ...payloads]).toContain(read?.payload);
    const last = await store.notebooks.read("n");
    expect(last?.payload).toBe(payloads[last?.notebook.modifiedAt ?? -1]);
  });

  test("a save or a start wins against a deletion, and never both", async () => {
    await add("n");
    const [deleted, started, saved] = await Promise.all([store.notebooks.delete("n"), start("s", "n"), save()]);
    expect([deleted, started, saved]).toEqual(["deleted", "noNotebook", "unknown"]);
    await add("n");
    const [again, refused] = await Promise.all([start("s", "n"), store.notebooks.delete("n")]);
    expect([again, refused]).toEqual(["inserted", { inUseBy: "s" }]);
  });
});

test("a token that was used answers a save and a renaming, which are not done again", async () => {
  await add("n");
  const once = token("UpdateNotebook");
  const saving = (payload: string) => store.notebooks.save("n", payload, { at: 5, sessionId: undefined, token: once });
  expect(await saving("one")).toBe("saved");
  expect(await saving("two")).toEqual({ answer: "n", digest: "d" });
  expect((await store.notebooks.read("n"))?.payload).toBe("one");

  const renaming = (name: string) =>
    store.notebooks.rename("n", name, { at: 5, token: token("UpdateNotebookMetadata") });
  expect(await renaming("owl")).toBe("renamed");
  expect(await renaming("eagle")).toEqual({ answer: "n", digest: "d" });
  expect((await store.notebooks.find("n"))?.name).toBe("owl");
});
