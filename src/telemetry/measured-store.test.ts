import { afterEach, beforeEach, expect, test } from "vitest";
import { Refusal } from "../domain/refusal.ts";
import { openStore } from "../store/store.ts";
import type { Store } from "../store/types.ts";
import { storedMember, storedSession, storedWorkGroup } from "../../test/stores/entities.ts";
import { measuredStore } from "./measured-store.ts";

let at = 0;
let counted: string[];
let store: Store;

beforeEach(async () => {
  at = 0;
  counted = [];
  const note = (name: string, labels: object, value: number) =>
    counted.push([name, ...Object.values(labels as Record<string, string>), value].join(" "));
  store = measuredStore(await openStore(":memory:"), {
    metrics: {
      count: (name, labels, by = 1) => note(name, labels, by),
      time: (name, labels, ms) => note(name, labels, ms),
    },
    outputSizes: () => Promise.resolve({ stdout: 3, stderr: 0, results: 40 }),
    now: () => at,
  });
  await store.workGroups.insert(storedWorkGroup("primary"), []);
});
afterEach(() => store.close());

const taken = () => counted.splice(0);

async function idleSession(): Promise<void> {
  await store.sessions.insert(storedSession(store.nodeId, "s", { createdAt: 0 }), { maxSessions: 9, token: undefined });
  await store.sessions.transition("s", "IDLE", { at: 900, from: ["CREATING"] });
}

const calculation = {
  id: "c",
  sessionId: "s",
  description: null,
  state: "RUNNING",
  stateReason: null,
  code: "1",
  workingDirectory: "s3://bucket/s/c",
  submittedAt: 1_000,
  completedAt: null,
  progress: 0,
  dpuMs: 0,
} as const;

test("a session's life: started, ready, terminating, over; each told once, by who won", async () => {
  await idleSession();
  expect(taken()).toEqual(["glaux_sessions_started_total 1", "glaux_session_start_duration_seconds cold 900"]);
  await Promise.all([5_000, 5_000].map((when) => store.sessions.transition("s", "TERMINATING", { at: when })));
  await Promise.all([5_300, 5_300].map((when) => store.sessions.transition("s", "TERMINATED", { at: when })));
  expect(taken()).toEqual(
    ["glaux_session_end_duration_seconds 300", "glaux_sessions_ended_total TERMINATED 1"].reverse(),
  );
});

test("a session that was given a pool member has started all the same", async () => {
  await store.drivers.insert(storedMember("d"));
  const rules = { maxSessions: 9, token: undefined, drivers: ["d"] };
  const outcome = await store.sessions.insert(storedSession(store.nodeId, "s", { createdAt: 0 }), rules);
  expect(outcome).toEqual({ driverId: "d" });
  await store.sessions.setOrigin("s", { from: "pool", why: null });
  await store.sessions.transition("s", "IDLE", { at: 10, from: ["CREATING"] });
  expect(taken()).toEqual(["glaux_sessions_started_total 1", "glaux_session_start_duration_seconds pooled 10"]);
});

test("a session that comes back from DEGRADED has not started anew", async () => {
  await idleSession();
  await store.sessions.transition("s", "DEGRADED", { at: 1_000 });
  taken();
  await store.sessions.transition("s", "IDLE", { at: 2_000, from: ["DEGRADED"] });
  expect(taken()).toEqual([]);
});

test("a calculation that is stopped: its duration, how long the stop took, and its output", async () => {
  await idleSession();
  taken();
  await store.calculations.start(calculation, undefined);
  at = 4_000;
  await store.calculations.cancel("c");
  const end = { at: 4_250, state: "CANCELED", reason: null, dpuMs: 1 } as const;
  await store.calculations.finish("c", end);
  await store.calculations.finish("c", end);
  expect(taken()).toEqual([
    "glaux_calculations_started_total 1",
    "glaux_calculation_duration_seconds CANCELED 3250",
    "glaux_calculation_stop_duration_seconds 250",
    "glaux_result_bytes_total stdout 3",
    "glaux_result_bytes_total stderr 0",
    "glaux_result_bytes_total results 40",
  ]);
});

test("a call that fails is counted, a refusal is not", async () => {
  const refuse = () => {
    throw new Refusal("invalid", "no");
  };
  await expect(store.workGroups.update("primary", refuse)).rejects.toThrow("no");
  expect(taken()).toEqual([]);
  await store.close();
  await expect(store.sessions.find("s")).rejects.toThrow();
  expect(taken()).toEqual(["glaux_store_errors_total sessions find 1"]);
  await expect(store.sessions.transition("s", "IDLE", { at: 1 })).rejects.toThrow();
  expect(taken()).toEqual(["glaux_store_errors_total sessions transition 1"]);
});
