// Sessions that the store believes alive, but that have no driver. A database that was restored from a backup
// has such sessions.
import { afterAll, beforeAll, expect, test } from "vitest";
import { Stage } from "../races/stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open();
});
afterAll(() => stage[Symbol.asyncDispose]());

async function driverless() {
  const { id } = await stage.session("busy");
  const calculation = await stage.store.calculations.current(id);
  stage.drivers.forget(id);
  return { id, calculationId: calculation!.id };
}

test("at the server's start: the session is FAILED, and its calculation with it", async () => {
  const { id, calculationId } = await driverless();
  await stage.reconcile();
  expect(await stage.sessions.get(id)).toMatchObject({ state: "FAILED", stateReason: "The session's driver is gone" });
  const calculation = await stage.calculations.get(calculationId);
  expect(calculation).toMatchObject({ state: "FAILED", stateReason: "The session's driver is gone" });
  expect(calculation.dpuMs).toBeGreaterThan(0);
});

test("terminated: the session is TERMINATED, and its calculation CANCELED", async () => {
  const { id, calculationId } = await driverless();
  await stage.sessions.terminate(id);
  await stage.starter.settled(id);
  expect((await stage.sessions.get(id)).state).toBe("TERMINATED");
  expect((await stage.calculations.get(calculationId)).state).toBe("CANCELED");
});
