import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openStore } from "../../src/store/store.ts";
import type { Store } from "../../src/store/types.ts";
import { storedSession, storedWorkGroup } from "./entities.ts";

let store: Store;

beforeEach(async () => {
  store = await openStore(":memory:");
});
afterEach(() => store.close());

const insert = (name: string) => store.workGroups.insert(storedWorkGroup(name), [{ Key: "of", Value: name }]);
const tagsOf = (name: string) => store.tags.list(`workgroup/${name}`);

test("names are unique and listed in order", async () => {
  for (const name of ["b", "a", "c"]) expect(await insert(name)).toBe(true);
  expect(await insert("a")).toBe(false);
  expect((await store.workGroups.list({ after: "a", limit: 5 })).map(({ name }) => name)).toEqual(["b", "c"]);
});

test("a taken name leaves the tags of its owner alone", async () => {
  await insert("a");
  expect(await store.workGroups.insert(storedWorkGroup("a"), [])).toBe(false);
  expect(await tagsOf("a")).toEqual([{ Key: "of", Value: "a" }]);
});

describe("update", () => {
  test("no update that comes at the same time is lost", async () => {
    await insert("a");
    const append = (letter: string) =>
      store.workGroups.update("a", (found) => ({ ...found, description: `${found.description ?? ""}${letter}` }));
    const letters = Array.from({ length: 20 }, (_, n) => String.fromCharCode(97 + n));
    await Promise.all(letters.map(append));
    expect(Array.from((await store.workGroups.find("a"))?.description ?? "").sort()).toEqual(letters);
  });

  test("an unknown one is told, and a refused one changes nothing", async () => {
    await insert("a");
    expect(await store.workGroups.update("b", (found) => found)).toBeUndefined();
    const refused = store.workGroups.update("a", () => {
      throw new Error("refused");
    });
    await expect(refused).rejects.toThrow("refused");
    expect(await store.workGroups.find("a")).toEqual(storedWorkGroup("a"));
  });
});

describe("delete", () => {
  const ifEmpty = { onlyIfEmpty: true };

  test("takes the tags along", async () => {
    await insert("a");
    expect(await store.workGroups.delete("a", ifEmpty)).toBe("deleted");
    expect(await store.workGroups.delete("a", ifEmpty)).toBe("unknown");
    expect(await tagsOf("a")).toEqual([]);
  });

  test("active sessions keep it, those that are over do not", async () => {
    await insert("a");
    const session = storedSession(store.nodeId, "s", { workGroup: "a" });
    await store.sessions.insert(session, { maxSessions: 9, token: undefined });
    expect(await store.workGroups.delete("a", ifEmpty)).toBe("notEmpty");
    await store.sessions.transition("s", "TERMINATING", { at: 2 });
    expect(await store.workGroups.delete("a", ifEmpty)).toBe("deleted");
    expect(await store.sessions.find("s")).toBeDefined();
  });

  test("notebooks keep it, or go with it", async () => {
    for (const name of ["a", "b"]) {
      await insert(name);
      const notebook = { id: name, workGroup: name, name: "n", createdAt: 1, modifiedAt: 1 };
      await store.notebooks.insert(notebook, "{}", undefined);
    }
    expect(await store.workGroups.delete("a", ifEmpty)).toBe("notEmpty");
    expect(await store.workGroups.delete("a", { onlyIfEmpty: false })).toBe("deleted");
    expect(await store.notebooks.find("a")).toBeUndefined();
    expect(await store.notebooks.find("b")).toBeDefined();
  });
});
