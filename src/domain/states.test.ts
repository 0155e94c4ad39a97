import { describe, expect, test } from "vitest";
import { calculationStatesBefore, calculationTransitions, isCalculationOver } from "./calculation-state.ts";
import { activeSessionStates, isSessionOver, sessionStatesBefore, sessionTransitions } from "./session-state.ts";

describe("session states", () => {
  const states = Object.keys(sessionTransitions) as (keyof typeof sessionTransitions)[];

  test("nothing leads out of a state that is over, and nothing leads to CREATED or back to CREATING", () => {
    for (const state of states.filter(isSessionOver)) expect(sessionTransitions[state]).toEqual([]);
    expect(sessionStatesBefore("CREATED")).toEqual([]);
    expect(sessionStatesBefore("CREATING")).toEqual([]);
  });

  test("every active session can be terminated and can fail", () => {
    for (const state of activeSessionStates)
      expect(sessionTransitions[state]).toEqual(expect.arrayContaining(["TERMINATING", "FAILED"]));
  });

  test("TERMINATED is reached through TERMINATING only", () => {
    expect(sessionStatesBefore("TERMINATED")).toEqual(["TERMINATING"]);
  });
});

describe("calculation states", () => {
  test("only a running calculation completes; a stopped one ends as CANCELED", () => {
    expect(calculationStatesBefore("COMPLETED")).toEqual(["RUNNING"]);
    expect(calculationTransitions.CANCELING).toEqual(["CANCELED"]);
  });

  test("nothing leads out of a state that is over", () => {
    for (const state of Object.keys(calculationTransitions) as (keyof typeof calculationTransitions)[]) {
      if (isCalculationOver(state)) expect(calculationTransitions[state]).toEqual([]);
    }
  });
});
