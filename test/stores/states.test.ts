// Tries every pair of states on a real database: the store changes the first state to the second exactly if
// the tables of src/domain have that transition.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CalculationExecutionState, SessionState } from "@aws-sdk/client-athena";
import { calculationTransitions } from "../../src/domain/calculation-state.ts";
import { sessionTransitions } from "../../src/domain/session-state.ts";
import { openStore } from "../../src/store/store.ts";
import type { CalculationEnd, Store } from "../../src/store/types.ts";
import { storedCalculation, storedSession, storedWorkGroup } from "./entities.ts";

let store: Store;
beforeAll(async () => {
  store = await openStore(":memory:");
  await store.workGroups.insert(storedWorkGroup("primary"), []);
});
afterAll(() => store.close());

const sessionStates = Object.keys(sessionTransitions) as SessionState[];
const calculationStates = Object.keys(calculationTransitions) as CalculationExecutionState[];
const ends: CalculationEnd["state"][] = ["COMPLETED", "FAILED", "CANCELED"];
const sessionMay = (from: SessionState, to: SessionState) =>
  (sessionTransitions[from] as readonly SessionState[]).includes(to);
const calculationMay = (from: CalculationExecutionState, to: CalculationExecutionState) =>
  (calculationTransitions[from] as readonly CalculationExecutionState[]).includes(to);
const pairs = <A, B>(as: readonly A[], bs: readonly B[]) => as.flatMap((a) => bs.map((b) => [a, b] as const));

let made = 0;
const newId = () => String(made++);

async function sessionIn(state: SessionState): Promise<string> {
  const id = newId();
  const noRules = { maxSessions: Infinity, token: undefined };
  expect(await store.sessions.insert(storedSession(store.nodeId, id, { state }), noRules)).toBe("inserted");
  return id;
}
const sessionState = async (id: string) => (await store.sessions.find(id))?.state;

/**
 * Makes a calculation in any state, even in a state that no calculation is ever in. Its session is in the
 * state `session`.
 */
async function calculationIn(state: CalculationExecutionState, session: SessionState = "BUSY") {
  const sessionId = await sessionIn("IDLE");
  const id = newId();
  expect(await store.calculations.start(storedCalculation(id, sessionId, { state }), undefined)).toBe("started");
  const path: Partial<Record<SessionState, SessionState[]>> = {
    BUSY: [],
    DEGRADED: ["DEGRADED"],
    TERMINATING: ["TERMINATING"],
    TERMINATED: ["TERMINATING", "TERMINATED"],
    FAILED: ["FAILED"],
  };
  for (const to of path[session] ?? []) await store.sessions.transition(sessionId, to, { at: 3 });
  expect(await sessionState(sessionId)).toBe(session);
  return { id, sessionId };
}

/** Undefined if the store refuses, whether by its answer or by an error. */
const refusedAsNothing = <T>(call: Promise<T>): Promise<T | undefined> => call.catch(() => undefined);

describe("a session", () => {
  test.each(pairs(sessionStates, sessionStates))("%s → %s", async (from, to) => {
    const id = await sessionIn(from);
    const moved = await refusedAsNothing(store.sessions.transition(id, to, { at: 2 }));
    expect(moved?.state).toBe(sessionMay(from, to) ? to : undefined);
    expect(await sessionState(id)).toBe(sessionMay(from, to) ? to : from);
  });

  test.each(pairs(sessionStates, sessionStates))("%s → %s, asked for from one state only", async (from, to) => {
    for (const only of sessionStates) {
      const id = await sessionIn(from);
      await refusedAsNothing(store.sessions.transition(id, to, { at: 2, from: [only] }));
      expect(await sessionState(id)).toBe(only === from && sessionMay(from, to) ? to : from);
    }
  });

  test.each(sessionStates)("%s, in which a calculation is started", async (from) => {
    const id = await sessionIn(from);
    const calculation = storedCalculation(newId(), id);
    const started = await refusedAsNothing(store.calculations.start(calculation, undefined));
    const isStarted = from === "IDLE" && sessionMay("IDLE", "BUSY");
    expect(started === "started").toBe(isStarted);
    expect((await store.calculations.find(calculation.id)) !== undefined).toBe(isStarted);
    expect(await sessionState(id)).toBe(isStarted ? "BUSY" : from);
  });

  test.each(["BUSY", "DEGRADED", "TERMINATING", "TERMINATED", "FAILED"] as const)(
    "%s, whose calculation ends",
    async (from) => {
      for (const state of ends) {
        const { id, sessionId } = await calculationIn("RUNNING", from);
        await store.calculations.finish(id, { at: 5, state, reason: null, dpuMs: 1 });
        expect(await sessionState(sessionId)).toBe(from === "BUSY" && sessionMay("BUSY", "IDLE") ? "IDLE" : from);
      }
    },
  );
});

describe("a calculation", () => {
  const stateOf = async (id: string) => (await store.calculations.find(id))?.state;

  test.each(pairs(calculationStates, ends))("%s, reported as %s", async (from, to) => {
    const { id } = await calculationIn(from);
    const ended = await store.calculations.finish(id, { at: 5, state: to, reason: null, dpuMs: 1 });
    const expected = [to, "CANCELED" as const].find((end) => calculationMay(from, end));
    expect(ended?.state).toBe(expected);
    expect(await stateOf(id)).toBe(expected ?? from);
  });

  test.each(calculationStates)("%s, which is stopped", async (from) => {
    const { id } = await calculationIn(from);
    const stopped = await store.calculations.cancel(id);
    expect(stopped?.state).toBe(calculationMay(from, "CANCELING") ? "CANCELING" : undefined);
    expect(await stateOf(id)).toBe(calculationMay(from, "CANCELING") ? "CANCELING" : from);
  });

  test.each(calculationStates)(
    "%s is its session's current one, and takes progress, until nothing is left to it",
    async (from) => {
      const { id, sessionId } = await calculationIn(from);
      const isOpen = calculationTransitions[from].length > 0;
      expect((await store.calculations.current(sessionId))?.id).toBe(isOpen ? id : undefined);
      await store.calculations.progress(id, 40);
      expect((await store.calculations.find(id))?.progress).toBe(isOpen ? 40 : 0);
    },
  );
});
