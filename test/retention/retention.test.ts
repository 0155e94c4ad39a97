import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Session } from "../../src/domain/entities.ts";
import { driverFolders } from "../../src/drivers/local/folders.ts";
import { forgetExpired, steadyClock, type RetentionDeps } from "../../src/sessions/retention.ts";
import { openStore } from "../../src/store/store.ts";
import type { DriverRow, Store } from "../../src/store/types.ts";
import { storedSession, storedWorkGroup } from "../stores/entities.ts";

const day = 86_400_000;
const now = 100 * day;
const signal = new AbortController().signal;
const hex = (n: number) => n.toString(16).padStart(12, "0");

let folder: string;
let store: Store;
let forgotten: number;
let warnings: string[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "glaux-retention-"));
  forgotten = 0;
  warnings = [];
  store = await openStore(":memory:");
  await store.workGroups.insert(storedWorkGroup("primary"), []);
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

function deps(change: Partial<RetentionDeps> = {}): RetentionDeps {
  const log = {
    info: () => undefined,
    warn: (_fields: object, message: string) => {
      warnings.push(message);
    },
    error: () => undefined,
  };
  const counted = () => {
    forgotten++;
  };
  return {
    store,
    folders: driverFolders(folder),
    retentionMs: 30 * day,
    forgotten: counted,
    now: () => now,
    log,
    ...change,
  };
}

async function over(id: string, endedAt: number | null, change: Partial<Session> = {}): Promise<void> {
  const session = storedSession(store.nodeId, id, {
    state: endedAt === null ? "IDLE" : "TERMINATED",
    endedAt,
    ...change,
  });
  await store.sessions.insert(session, { maxSessions: 1e6, token: undefined, tags: [{ Key: "k", Value: "v" }] });
}

async function driver(n: number, sessionId: string | null, state: DriverRow["state"] = "ended"): Promise<string> {
  const id = hex(n);
  await store.drivers.insert({
    id,
    sessionId,
    engineId: "3.5",
    place: "local",
    handle: { version: 1 },
    token: "t",
    tag: `tag${id}`,
    protocol: 1,
    fingerprint: "",
    ackedSeq: 0,
    state,
    createdAt: 1,
  });
  return driverFolder(id);
}

function driverFolder(id: string, usedAt = 0): string {
  const path = join(folder, id);
  mkdirSync(join(path, "work"), { recursive: true });
  for (const name of ["spark.log", "journal"]) writeFileSync(join(path, name), "x");
  for (const name of ["spark.log", "journal", "work", ""]) utimesSync(join(path, name), usedAt / 1000, usedAt / 1000);
  return path;
}

async function calculate(sessionId: string, id: string): Promise<void> {
  const times = { submittedAt: 1, completedAt: null, progress: 0, dpuMs: 0 };
  const outcome = await store.calculations.start(
    {
      id,
      sessionId,
      description: null,
      state: "RUNNING",
      stateReason: null,
      code: "1",
      workingDirectory: "s3://b/k",
      ...times,
    },
    undefined,
  );
  expect(outcome).toBe("started");
  await store.calculations.finish(id, { at: 2, state: "COMPLETED", reason: null, dpuMs: 1 });
}

const tagsOf = (id: string) => store.tags.list(`workgroup/primary/session/${id}`);

test("a session that is over for longer goes with all that is its own; a younger one and an active one stay whole", async () => {
  await over("old", null);
  for (let n = 0; n < 120; n++) await calculate("old", `c${String(n)}`);
  await store.sessions.transition("old", "TERMINATING", { at: 1 });
  await store.sessions.transition("old", "TERMINATED", { at: now - 30 * day - 1 });
  await over("young", now - 30 * day);
  await over("active", null, { createdAt: 1 });
  await calculate("active", "its");
  const folders = [await driver(1, "old"), await driver(2, "young"), await driver(3, "active", "live")];

  expect(await forgetExpired(deps(), signal)).toBe(1);
  expect(forgotten).toBe(1);
  expect(await store.sessions.find("old")).toBeUndefined();
  expect(await store.calculations.find("c0")).toBeUndefined();
  expect(await store.calculations.find("c119")).toBeUndefined();
  expect(await store.drivers.ofSession("old")).toBeUndefined();
  expect(await tagsOf("old")).toEqual([]);
  for (const id of ["young", "active"]) {
    expect(await store.sessions.find(id)).toBeDefined();
    expect(await tagsOf(id)).toHaveLength(1);
    expect(await store.drivers.ofSession(id)).toBeDefined();
  }
  expect(await store.calculations.find("its")).toBeDefined();
  expect(folders.map((path) => existsSync(path))).toEqual([false, true, true]);
});

test("a session whose driver is not known to be gone stays until it is", async () => {
  await over("old", 1);
  await driver(1, "old", "live");
  expect(await forgetExpired(deps(), signal)).toBe(0);
  await store.drivers.ended(hex(1));
  expect(await forgetExpired(deps(), signal)).toBe(1);
});

test("drivers that never served a session go when they have ended", async () => {
  const [ended, live] = [await driver(1, null), await driver(2, null, "live")];
  await forgetExpired(deps(), signal);
  expect([existsSync(ended), existsSync(live)]).toEqual([false, true]);
});

test("of folders without a row only old ones go, and only those with a driver's name", async () => {
  const old = driverFolder(hex(7), now - 31 * day);
  const recent = driverFolder(hex(8), now - day);
  utimesSync(recent, 0, 0); // only the folder itself looks old: its files were written later
  const foreign = driverFolder("my-notes", 0);
  await forgetExpired(deps(), signal);
  expect([old, recent, foreign].map((path) => existsSync(path))).toEqual([false, true, true]);
});

test("a folder that cannot be removed holds nothing up, and is removed later", async () => {
  await over("a", 1);
  await over("b", 2);
  await driver(1, "a");
  await driver(2, "b");
  const real = driverFolders(folder);
  const remove = (id: string) => (id === hex(1) ? Promise.reject(new Error("EPERM")) : real.remove(id));
  expect(await forgetExpired(deps({ folders: { ...real, remove } }), signal)).toBe(2);
  expect(readdirSync(folder)).toEqual([hex(1)]);
  expect(warnings).not.toEqual([]);
  await forgetExpired(deps(), signal);
  expect(readdirSync(folder)).toEqual([]);
});

test("of 10,000 sessions a few rows at a time are removed: what waits comes in between", async () => {
  const count = 10_000;
  for (let n = 0; n < count; n++) await over(`s${String(n)}`, n < 500 ? 1 : now);
  let turn = 0;
  const done = new AbortController();
  const steps = new Map<number, number>();
  const step = () => steps.set(turn, (steps.get(turn) ?? 0) + 1);
  const { retention } = store;
  const watched = {
    ...retention,
    forgetSession: (session: { id: string; workGroup: string }) => {
      step();
      return retention.forgetSession(session);
    },
  };
  const turns = (async () => {
    for (; !done.signal.aborted; turn++) await new Promise((resolve) => setImmediate(resolve));
  })();
  expect(await forgetExpired(deps({ store: { retention: watched } }), signal)).toBe(500);
  done.abort();
  await turns;
  expect(Math.max(...steps.values())).toBe(1);
  const states = ["TERMINATED"] as const;
  expect((await store.sessions.count(states))[0]?.count).toBe(count - 500);
}, 60_000);

test("an end of the server ends it between two steps", async () => {
  for (let n = 0; n < 20; n++) await over(`s${String(n)}`, 1);
  const stop = new AbortController();
  const forgottenOnce = () => {
    if (++forgotten === 3) stop.abort();
  };
  const removed = forgetExpired(deps({ forgotten: forgottenOnce }), stop.signal);
  expect(await removed).toBe(3);
  expect((await store.sessions.count(["TERMINATED"]))[0]?.count).toBe(17);
});

test("a clock that is set forward makes nothing old; one that is set back keeps it longer", async () => {
  let [wall, ticks] = [now, 0];
  const clock = steadyClock(
    () => wall,
    () => ticks,
  );
  await over("young", now - 29 * day);
  const look = () => forgetExpired(deps({ now: clock }), signal);
  wall += 400 * day;
  ticks += day / 2;
  expect(clock()).toBe(now + day / 2);
  expect(await look()).toBe(0);
  wall = now - 400 * day;
  ticks += 2 * day;
  expect(await look()).toBe(0);
  wall = now + ticks;
  expect(await look()).toBe(1);
});
