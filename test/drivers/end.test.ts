import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { isAlive } from "../../src/drivers/local/processes.ts";
import { waitFor } from "../support/wait-for.ts";
import { FakeDrivers, calculation } from "./fake-drivers.ts";

let drivers: FakeDrivers;
beforeEach(async () => {
  drivers = await FakeDrivers.open();
});
afterEach(() => drivers[Symbol.asyncDispose]());

test("asked, a supervisor cancels its calculation and says why it ended", async () => {
  const server = drivers.fleet();
  const { driver, handle, process: supervisor } = await drivers.ready(server);
  driver.run(calculation("c", "hang"));
  await server.told.until("running");
  await Promise.all([driver.end(5_000), driver.end(5_000)]);
  expect(server.told.calls.slice(-3)).toEqual(["finished", "ended", "lost: shut down"]);
  expect(isAlive(supervisor)).toBe(false);
  expect(existsSync(handle.socketPath)).toBe(false);
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

test.each(["SIGTERM", "SIGKILL"] as const)("what a driver's jobs have not committed goes with it: %s", async (name) => {
  const server = drivers.fleet();
  const { driver, process: supervisor } = await drivers.ready(server);
  const attempts = (bucket: string, owner: string) => join(drivers.folder, "buckets", bucket, "_temporary", owner);
  const other = "0123456789ab";
  for (const owner of [driver.id, other]) {
    for (const bucket of ["one", "two"]) {
      mkdirSync(join(attempts(bucket, owner), "job"), { recursive: true });
      writeFileSync(join(attempts(bucket, owner), "job/part-0"), "half");
    }
  }
  process.kill(supervisor.pid, name);
  await driver.finished;
  expect(["one", "two"].map((bucket) => existsSync(attempts(bucket, driver.id)))).toEqual([false, false]);
  // The end of a driver removes only that driver's files. The other driver may live and belong to this server
  // too.
  expect(["one", "two"].map((bucket) => existsSync(attempts(bucket, other)))).toEqual([true, true]);
});

test("what a driver's jobs have not committed goes at the next start, if its server was killed, too", async () => {
  const before = drivers.fleet();
  const { driver, process: supervisor } = await drivers.ready(before);
  await before.fleet.detachAll();
  process.kill(supervisor.pid, "SIGKILL");
  const attempts = join(drivers.folder, "buckets/one/_temporary", driver.id);
  mkdirSync(attempts, { recursive: true });
  await drivers.fleet().fleet.adoptAll();
  await waitFor("the attempts' removal", () => (existsSync(attempts) ? undefined : true));
});

test("what jobs of a driver have not committed that no row tells of goes with the next sweep", async () => {
  const server = drivers.fleet();
  const { driver } = await drivers.ready(server);
  const attempts = (owner: string) => join(drivers.folder, "buckets/one/_temporary", owner);
  for (const owner of [driver.id, "0123456789ab", "not-ours"]) mkdirSync(attempts(owner), { recursive: true });
  await server.fleet.sweep();
  expect(["0123456789ab", driver.id, "not-ours"].map((owner) => existsSync(attempts(owner)))).toEqual([
    false,
    true,
    true,
  ]);
});

test("one that cannot be removed keeps nothing of the others", async () => {
  const server = drivers.fleet();
  const attempts = (owner: string) => join(drivers.folder, "buckets/one/_temporary", owner);
  for (const owner of ["000000000000", "0123456789ab"]) mkdirSync(attempts(owner), { recursive: true });
  // A folder, so that removing the socket of this name fails.
  mkdirSync(join(drivers.folder, "d/000000000000.sock"));
  await expect(server.fleet.sweep()).rejects.toThrow("000000000000.sock");
  expect(existsSync(attempts("0123456789ab"))).toBe(false);
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
