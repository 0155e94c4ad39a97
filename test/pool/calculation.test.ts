import { afterEach, beforeEach, expect, test } from "vitest";
import { FakeDrivers } from "../drivers/fake-drivers.ts";
import { PoolServer } from "./pool-server.ts";

let drivers: FakeDrivers;
beforeEach(async () => {
  drivers = await FakeDrivers.open();
});
afterEach(() => drivers[Symbol.asyncDispose]());

test("code that ends at once is over in the answer to its start, and the session takes the next", async () => {
  await using server = await PoolServer.start(drivers);
  await server.filled(1);
  const session = await server.start();
  let atOnce = 0;
  for (let n = 0; n < 20; n++) {
    const { state } = await server.calculations.start({ SessionId: session.id, CodeBlock: "quick" });
    if (state === "COMPLETED") atOnce++;
    await server.untilState(session, "IDLE"); // a loaded machine may be late
  }
  expect(atOnce).toBeGreaterThan(0);
  const failed = await server.calculations.start({ SessionId: session.id, CodeBlock: "raise:no" });
  await server.untilState(session, "IDLE");
  expect(await server.calculations.get(failed.id)).toMatchObject({ state: "FAILED", stateReason: "ValueError: no" });
});

test("code that takes longer is RUNNING in the answer", async () => {
  await using server = await PoolServer.start(drivers);
  await server.filled(1);
  const session = await server.start();
  const { state } = await server.calculations.start({ SessionId: session.id, CodeBlock: "hang" });
  expect(state).toBe("RUNNING");
});
