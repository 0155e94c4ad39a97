import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openStore } from "../../src/store/store.ts";
import type { Session } from "../../src/domain/entities.ts";
import type { TokenUse } from "../../src/domain/request-token.ts";
import type { Store } from "../../src/store/types.ts";
import { storedCalculation, storedSession, storedWorkGroup } from "./entities.ts";

let store: Store;

beforeEach(async () => {
  store = await openStore(":memory:");
  await store.workGroups.insert(storedWorkGroup("primary"), []);
});
afterEach(() => store.close());

const session = (id: string, change: Partial<Session> = {}) => storedSession(store.nodeId, id, change);
const calculation = storedCalculation;

const noRules = { maxSessions: 100, token: undefined };
const token = (digest: string, answer: string): TokenUse => ({
  operation: "StartSession",
  token: "t",
  digest,
  answer,
  at: 1,
});

async function idleSession(id = "s"): Promise<void> {
  await store.sessions.insert(session(id), noRules);
  await store.sessions.transition(id, "IDLE", { at: 1 });
}

describe("sessions", () => {
  test("what goes in comes out", async () => {
    const whole = session("s", {
      description: "d",
      encryption: { EncryptionOption: "SSE_S3" },
      sparkConf: { "spark.a": "1" },
      monitoring: {},
    });
    await store.sessions.insert(whole, noRules);
    expect(await store.sessions.find("s")).toEqual(whole);
    expect(await store.sessions.find("other")).toBeUndefined();
    const { id, state, stateReason, createdAt, modifiedAt, endedAt, idleSinceAt } = whole;
    const condition = { id, state, stateReason, createdAt, modifiedAt, endedAt, idleSinceAt };
    expect(await store.sessions.findCondition("s")).toEqual(condition);
    expect(await store.sessions.findCondition("other")).toBeUndefined();
  });

  test("a session needs its workgroup", async () => {
    expect(await store.sessions.insert(session("s", { workGroup: "nowhere" }), noRules)).toBe("noWorkGroup");
  });

  test("only active sessions count against the limit", async () => {
    await store.sessions.insert(session("a"), { maxSessions: 1, token: undefined });
    expect(await store.sessions.insert(session("b"), { maxSessions: 1, token: undefined })).toBe("full");
    await store.sessions.transition("a", "TERMINATING", { at: 2 });
    expect(await store.sessions.insert(session("b"), { maxSessions: 1, token: undefined })).toBe("inserted");
  });

  test("a refused start leaves its token unused", async () => {
    await store.sessions.insert(session("a"), { maxSessions: 1, token: undefined });
    await store.sessions.insert(session("b"), { maxSessions: 1, token: token("d", "b") });
    expect(await store.tokens.find({ operation: "StartSession", token: "t" })).toBeUndefined();
  });

  test("of 50 identical calls at once one inserts, and all learn its id", async () => {
    const calls = Array.from({ length: 50 }, (_, n) =>
      store.sessions.insert(session(`s${String(n)}`), { maxSessions: 100, token: token("d", `s${String(n)}`) }),
    );
    const results = await Promise.all(calls);
    expect(results.filter((result) => result === "inserted")).toHaveLength(1);
    const answers = new Set(
      results.flatMap((result) => (typeof result === "object" && "answer" in result ? [result.answer] : [])),
    );
    expect(answers.size).toBe(1);
    expect(await store.sessions.inStates(["CREATING"])).toHaveLength(1);
  });

  test("a transition that is not in the table changes nothing", async () => {
    await store.sessions.insert(session("s"), noRules);
    expect(await store.sessions.transition("s", "BUSY", { at: 2 })).toBeUndefined();
    expect((await store.sessions.find("s"))?.state).toBe("CREATING");
  });

  test("an idle timeout does not end a session that became idle anew", async () => {
    await idleSession();
    const terminate = (ifIdleSinceAt: number) =>
      store.sessions.transition("s", "TERMINATING", { at: 9, from: ["IDLE"], ifIdleSinceAt });
    expect(await terminate(0)).toBeUndefined();
    expect(await terminate(1)).toMatchObject({ state: "TERMINATING" });
  });

  test("of two that race for a transition one wins", async () => {
    await idleSession();
    const both = await Promise.all([1, 2].map((at) => store.sessions.transition("s", "TERMINATING", { at })));
    expect(both.filter((winner) => winner !== undefined)).toHaveLength(1);
  });

  test("lists are newest first and pages continue where the last one ended, though sessions are added", async () => {
    for (let n = 0; n < 5; n++)
      await store.sessions.insert(session(`s${String(n)}`, { createdAt: n < 3 ? 1 : n }), noRules);
    const list = (after?: { at: number; id: string }) =>
      store.sessions.list({ workGroup: "primary", states: ["CREATING"], after, limit: 2 });
    expect((await list()).map(({ id }) => id)).toEqual(["s4", "s3"]);
    await store.sessions.insert(session("newer", { createdAt: 9 }), noRules);
    expect((await list({ at: 3, id: "s3" })).map(({ id }) => id)).toEqual(["s2", "s1"]);
    expect((await list({ at: 1, id: "s1" })).map(({ id }) => id)).toEqual(["s0"]);
  });
});

describe("calculations", () => {
  test("a start takes an IDLE session to BUSY; a second one is told so", async () => {
    await idleSession();
    expect(await store.calculations.start(calculation("a", "s"), undefined)).toBe("started");
    expect((await store.sessions.find("s"))?.state).toBe("BUSY");
    expect(await store.calculations.start(calculation("b", "s"), undefined)).toEqual({ refused: "BUSY" });
    expect(await store.calculations.find("b")).toBeUndefined();
  });

  test("of many starts at once exactly one wins", async () => {
    await idleSession();
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, n) => store.calculations.start(calculation(`c${String(n)}`, "s"), undefined)),
    );
    expect(results.filter((result) => result === "started")).toHaveLength(1);
  });

  test("the retry of a start that made the session BUSY gets the first id", async () => {
    await idleSession();
    await store.calculations.start(calculation("a", "s"), token("d", "a"));
    expect(await store.calculations.start(calculation("b", "s"), token("d", "b"))).toEqual({
      digest: "d",
      answer: "a",
    });
  });

  test("a token that another call used meanwhile is not used twice, though the session is IDLE again", async () => {
    await idleSession();
    await store.calculations.start(calculation("a", "s"), token("d", "a"));
    await store.calculations.finish("a", { at: 3, state: "COMPLETED", reason: null, dpuMs: 1 });
    const second = await store.calculations.start(calculation("b", "s"), token("d", "b"));
    expect(second).toEqual({ digest: "d", answer: "a" });
    expect((await store.sessions.find("s"))?.state).toBe("IDLE");
  });

  test("a start that is refused leaves its token unused", async () => {
    await idleSession();
    await store.calculations.start(calculation("a", "s"), undefined);
    expect(await store.calculations.start(calculation("b", "s"), token("d", "b"))).toEqual({ refused: "BUSY" });
    expect(await store.tokens.find({ operation: "StartSession", token: "t" })).toBeUndefined();
  });

  test("the end of a calculation leaves a DEGRADED session to its recovery", async () => {
    await idleSession();
    await store.calculations.start(calculation("a", "s"), undefined);
    await store.sessions.transition("s", "DEGRADED", { at: 3, reason: "silent" });
    await store.calculations.finish("a", { at: 4, state: "COMPLETED", reason: null, dpuMs: 1 });
    expect((await store.sessions.find("s"))?.state).toBe("DEGRADED");
  });

  test("the end of a calculation and its session's IDLE are one step", async () => {
    await idleSession();
    await store.calculations.start(calculation("a", "s"), undefined);
    const ended = await store.calculations.finish("a", { at: 7, state: "COMPLETED", reason: null, dpuMs: 5 });
    expect(ended).toMatchObject({ state: "COMPLETED", completedAt: 7, progress: 100, dpuMs: 5 });
    expect(await store.sessions.find("s")).toMatchObject({ state: "IDLE", idleSinceAt: 7, dpuMs: 5 });
    expect(await store.calculations.finish("a", { at: 8, state: "FAILED", reason: "late", dpuMs: 9 })).toBeUndefined();
    expect((await store.sessions.find("s"))?.dpuMs).toBe(5);
  });

  test("a stopped calculation ends as CANCELED even if it completed in the meantime", async () => {
    await idleSession();
    await store.calculations.start(calculation("a", "s"), undefined);
    expect(await store.calculations.cancel("a")).toMatchObject({ state: "CANCELING" });
    expect(await store.calculations.cancel("a")).toBeUndefined();
    const ended = await store.calculations.finish("a", { at: 7, state: "COMPLETED", reason: null, dpuMs: 5 });
    expect(ended).toMatchObject({ state: "CANCELED", stateReason: "Calculation was canceled per request" });
  });

  test("the end of a calculation does not bring back a session that terminates", async () => {
    await idleSession();
    await store.calculations.start(calculation("a", "s"), undefined);
    await store.sessions.transition("s", "TERMINATING", { at: 3 });
    await store.calculations.finish("a", { at: 4, state: "COMPLETED", reason: null, dpuMs: 5 });
    expect((await store.sessions.find("s"))?.state).toBe("TERMINATING");
  });

  test("progress never falls and stops with the calculation", async () => {
    await idleSession();
    await store.calculations.start(calculation("a", "s"), undefined);
    for (const percent of [40, 20]) await store.calculations.progress("a", percent);
    expect((await store.calculations.find("a"))?.progress).toBe(40);
    await store.calculations.finish("a", { at: 7, state: "FAILED", reason: "x", dpuMs: 5 });
    await store.calculations.progress("a", 90);
    expect((await store.calculations.find("a"))?.progress).toBe(40);
  });
});

test("nothing ends before it began, though the machine's clock was set back meanwhile", async () => {
  await store.sessions.insert({ ...session("s"), createdAt: 1_000 }, noRules);
  await store.sessions.transition("s", "IDLE", { at: 1_001 });
  await store.calculations.start({ ...calculation("a", "s"), submittedAt: 1_002 }, undefined);
  const done = await store.calculations.finish("a", { at: 5, state: "COMPLETED", reason: null, dpuMs: 1 });
  expect(done?.completedAt).toBe(1_002);
  expect((await store.sessions.find("s"))?.idleSinceAt).toBe(1_002);
  await store.sessions.transition("s", "TERMINATING", { at: 6 });
  expect((await store.sessions.transition("s", "TERMINATED", { at: 7 }))?.endedAt).toBe(1_000);
});

test("old tokens are forgotten", async () => {
  await store.sessions.insert(session("s"), { maxSessions: 9, token: token("d", "s") });
  await store.tokens.forget(1);
  expect(await store.tokens.find({ operation: "StartSession", token: "t" })).toBeDefined();
  await store.tokens.forget(2);
  expect(await store.tokens.find({ operation: "StartSession", token: "t" })).toBeUndefined();
});
