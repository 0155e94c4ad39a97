import { existsSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { isAlive } from "../../src/drivers/processes.ts";
import { waitFor } from "../support/wait-for.ts";
import { FakeDrivers, calculation } from "./fake-drivers.ts";

let drivers: FakeDrivers;
beforeEach(async () => {
  drivers = await FakeDrivers.open();
});
afterEach(() => drivers[Symbol.asyncDispose]());

test("asked, a supervisor cancels its calculation and says why it ended", async () => {
  const server = drivers.fleet();
  const { driver, row, process: supervisor } = await drivers.ready(server);
  driver.run(calculation("c", "hang"));
  await server.told.until("running");
  await Promise.all([driver.end(5_000), driver.end(5_000)]);
  expect(server.told.calls.slice(-3)).toEqual(["finished", "ended", "lost: shut down"]);
  expect(isAlive(supervisor)).toBe(false);
  expect(existsSync(row.socketPath)).toBe(false);
  expect(await drivers.store.drivers.live()).toEqual([]);
});

test("one that is deaf to `shutdown` hears SIGTERM", async () => {
  const server = drivers.fleet();
  const { driver } = await drivers.ready(server, { "fake.deaf": "shutdown" });
  await driver.end(0);
  expect(server.told.calls.slice(-2)).toEqual(["ended", "lost: SIGTERM"]);
});

test("one that was stopped by a signal is killed", async () => {
  const server = drivers.fleet();
  const { driver, process: supervisor } = await drivers.ready(server);
  process.kill(supervisor.pid, "SIGSTOP");
  await driver.end(0);
  expect(isAlive(supervisor)).toBe(false);
  expect(server.told.calls.at(-1)).toContain("lost: ");
});

test("a store that fails does not hold up the end for ever; it is made good when the store works again", async () => {
  const server = drivers.fleet({ settleMs: 100 });
  const { driver, process: supervisor } = await drivers.ready(server);
  let isFull = true;
  server.told.during = async (call) => {
    if (isFull && call === "ended") throw new Error("disk full");
  };
  await expect(driver.end(1_000)).rejects.toThrow("has ended, but that could not be stored");
  expect(isAlive(supervisor)).toBe(false);
  isFull = false;
  await server.told.until("lost");
  await waitFor("the row's end", async () => ((await drivers.store.drivers.live()).length === 0 ? true : undefined));
  await driver.end(1_000);
});

test("a server that stops while the store fails lets go", async () => {
  const server = drivers.fleet({ settleMs: 100 });
  await drivers.ready(server);
  server.told.during = async () => {
    throw new Error("disk full");
  };
  await server.fleet.endAll(1_000);
  await server.fleet.detachAll();
  expect((await drivers.store.drivers.live()).length).toBe(1);
});
