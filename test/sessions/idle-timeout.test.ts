// The rules of the idle timeout: a busy session is not idle, the time runs from the end of the last
// calculation, a restart does not reset it, and the machine's clock may jump.
import { afterEach, beforeEach, expect, test } from "vitest";
import { idleReaper } from "../../src/sessions/idle-reaper.ts";
import { openStore } from "../../src/store/store.ts";
import type { Store } from "../../src/store/types.ts";
import type { Calculation } from "../../src/domain/entities.ts";
import { storedSession, storedWorkGroup } from "../stores/entities.ts";

const minute = 60_000;
const log = { info: () => undefined, warn: () => undefined, error: () => undefined };

let store: Store;
/** The machine's clock (`wall`), and the clock that never jumps (`ticks`), both in milliseconds. */
let wall = 10_000 * minute;
let ticks = 0;
const pass = (ms: number) => {
  wall += ms;
  ticks += ms;
};

beforeEach(async () => {
  store = await openStore(":memory:");
  await store.workGroups.insert(storedWorkGroup("primary"), []);
});
afterEach(() => store.close());

/** The idle reaper of a server that starts now. */
const newReaper = () =>
  idleReaper({
    store,
    now: () => wall,
    ticks: () => ticks,
    log,
    sessions: {
      terminate: async (id, only) => {
        const change = { at: wall, from: ["IDLE" as const], ifIdleSinceAt: only!.idleSinceAt };
        return (await store.sessions.transition(id, "TERMINATING", change)) ?? (await store.sessions.find(id))!;
      },
    },
  });

async function idleSession(id: string, idleTimeoutS: number) {
  await store.sessions.insert(storedSession(store.nodeId, id, { idleTimeoutS }), { maxSessions: 9, token: undefined });
  await store.sessions.transition(id, "IDLE", { at: wall });
}
const stateOf = async (id: string) => (await store.sessions.find(id))?.state;

test("a session ends when it was idle for its timeout, and not before; others go on", async () => {
  await idleSession("short", 60);
  await idleSession("long", 120);
  const look = newReaper();
  await look();
  pass(minute - 1);
  await look();
  expect([await stateOf("short"), await stateOf("long")]).toEqual(["IDLE", "IDLE"]);
  pass(1);
  await look();
  expect([await stateOf("short"), await stateOf("long")]).toEqual(["TERMINATING", "IDLE"]);
});

test("busy is not idle, and the time runs anew from the end of the calculation", async () => {
  await idleSession("s", 60);
  const look = newReaper();
  await look();
  pass(minute - 1);
  await startCalculation();
  pass(100 * minute);
  await look();
  expect(await stateOf("s")).toBe("BUSY");
  await store.calculations.finish("c", { at: wall, state: "COMPLETED", reason: null, dpuMs: 1 });
  pass(minute - 1);
  await look();
  expect(await stateOf("s")).toBe("IDLE");
  pass(1);
  await look();
  expect(await stateOf("s")).toBe("TERMINATING");
});

test("a calculation between two looks starts the time anew, too", async () => {
  await idleSession("s", 60);
  const look = newReaper();
  await look();
  pass(minute - 100);
  await startCalculation();
  pass(50);
  await store.calculations.finish("c", { at: wall, state: "COMPLETED", reason: null, dpuMs: 1 });
  pass(minute - 1);
  await look();
  expect(await stateOf("s")).toBe("IDLE");
});

test("a restart resets nothing: the time before it, and while no server ran, counts", async () => {
  await idleSession("s", 60);
  await newReaper()();
  pass(40_000);
  ticks = 7; // another process: its monotonic clock starts anew
  const look = newReaper();
  await look();
  pass(19_999);
  await look();
  expect(await stateOf("s")).toBe("IDLE");
  pass(1);
  await look();
  expect(await stateOf("s")).toBe("TERMINATING");
});

test.each([
  ["forward", 48 * 60 * minute],
  ["back", -48 * 60 * minute],
])("the machine's clock is set %s: the timeout is as long as ever", async (_, jump) => {
  await idleSession("s", 60);
  const look = newReaper();
  await look();
  pass(30_000);
  wall += jump;
  await look();
  expect(await stateOf("s")).toBe("IDLE");
  pass(29_999);
  await look();
  expect(await stateOf("s")).toBe("IDLE");
  pass(1);
  await look();
  expect(await stateOf("s")).toBe("TERMINATING");
});

test("set forward just after a session has become idle, before the next look: the same", async () => {
  const look = newReaper();
  await look();
  pass(500);
  await idleSession("s", 60);
  pass(100);
  wall += 48 * 60 * minute;
  await look();
  pass(59_300);
  await look();
  expect(await stateOf("s")).toBe("IDLE");
  pass(700);
  await look();
  expect(await stateOf("s")).toBe("TERMINATING");
});

test("set back over a restart, it makes a session idle for its timeout from then on, and not for the length of the jump", async () => {
  await idleSession("s", 60);
  wall -= 48 * 60 * minute;
  ticks = 0;
  const look = newReaper();
  await look();
  pass(minute);
  await look();
  expect(await stateOf("s")).toBe("TERMINATING");
});

async function startCalculation() {
  const calculation: Calculation = {
    id: "c",
    sessionId: "s",
    description: null,
    state: "RUNNING",
    stateReason: null,
    code: "1",
    workingDirectory: "s3://bucket/s/c",
    submittedAt: wall,
    completedAt: null,
    progress: 0,
    dpuMs: 0,
  };
  expect(await store.calculations.start(calculation, undefined)).toBe("started");
}
