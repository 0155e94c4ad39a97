import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { isAlive, startedTicks } from "../../src/drivers/local/processes.ts";
import { waitFor } from "../support/wait-for.ts";
import { FakeDrivers, calculation, launchSpec } from "./fake-drivers.ts";

let drivers: FakeDrivers;
beforeEach(async () => {
  drivers = await FakeDrivers.open();
});
afterEach(() => drivers[Symbol.asyncDispose]());

test("launch, ready, run, finished: each event once, in order, acknowledged", async () => {
  const server = drivers.fleet();
  const { driver, row } = await drivers.ready(server);
  driver.run(calculation("c", "quick"));
  await server.told.until("finished");
  const events = server.told.calls.filter((call) => call !== "connected");
  expect(events).toEqual(["started", "ready", "accepted", "running", "finished"]);
  expect(server.told.events.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
  await waitFor("the acknowledgement", async () => {
    const [live] = await drivers.store.drivers.live();
    return live?.ackedSeq === 5 && live.id === row.id ? true : undefined;
  });
  expect(await driver.executors()).toEqual([{ id: "driver" }]);
  expect(await driver.queries()).toEqual([]);
});

test("a session's driver is found until it is lost", async () => {
  const { fleet, told } = drivers.fleet();
  const driver = await fleet.launch({ ...launchSpec(), sessionId: "s" });
  expect(fleet.ofSession("s").driver).toBe(driver);
  expect(fleet.ofSession("other")).toEqual({ is: "unknown" });
  told.during = async (call) => {
    if (call.startsWith("lost")) expect(fleet.ofSession("s").driver).toBe(driver);
  };
  await driver.end(1_000);
  expect(told.count("lost")).toBe(1);
  expect(fleet.ofSession("s")).toEqual({ is: "unknown" });
});

test("the end of a calculation arrives whatever characters its message holds", async () => {
  const server = drivers.fleet();
  const { driver } = await drivers.ready(server);
  const message = "a\u2028b\u2029c\rd\u0085e";
  driver.run(calculation("c", `raise:${message}`));
  await server.told.until("finished");
  expect(server.told.events.at(-1)).toMatchObject({ type: "finished", errorMessage: message });
});

test("a connection that breaks is opened again, and what was journaled meanwhile comes once", async () => {
  const server = drivers.fleet();
  const { driver } = await drivers.ready(server);
  driver.run(calculation("c", "hangUp"));
  await server.told.until("connected", 2);
  expect(server.told.calls.slice(-2)).toEqual(["finished", "connected"]);
  expect(server.told.events.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
  expect(server.told.welcomes.at(-1)).toMatchObject({ seq: 5, calculationId: null });
});

test("an event that could not be stored is delivered again", async () => {
  const server = drivers.fleet();
  const { driver } = await drivers.ready(server);
  let isFull = true;
  server.told.during = async (call) => {
    if (call === "accepted" && isFull) {
      isFull = false;
      throw new Error("disk full");
    }
  };
  driver.run(calculation("c", "quick"));
  await server.told.until("finished");
  expect(server.told.events.map(({ seq }) => seq)).toEqual([1, 2, 3, 3, 4, 5]);
  expect(server.told.failures).toEqual([new Error("disk full")]);
});

test("a supervisor that is killed: the rest of its journal without the line cut short, then lost, and no shuffle files", async () => {
  const server = drivers.fleet();
  const { driver, handle } = await drivers.ready(server);
  expect(existsSync(join(handle.folder, "local/blocks/shuffle"))).toBe(true);
  driver.run(calculation("c", "die"));
  await server.told.until("lost");
  expect(server.told.calls.slice(-4)).toEqual(["accepted", "running", "finished", expect.stringContaining("lost: ")]);
  expect(server.told.calls.at(-1)).toContain("ended unexpectedly");
  expect(await driver.finished).toContain("ended unexpectedly");
  await waitFor("the row's end", async () => ((await drivers.store.drivers.live()).length === 0 ? true : undefined));
  expect(existsSync(join(handle.folder, "local"))).toBe(false);
  expect(existsSync(join(handle.folder, "journal"))).toBe(true);
});

test("events and answers from the future are passed over and reported; a later connection still becomes `connected`", async () => {
  const server = drivers.fleet();
  const { driver } = await drivers.ready(server);
  driver.run(calculation("c", "future"));
  await waitFor("the last acknowledgement", async () =>
    (await drivers.store.drivers.live())[0]?.ackedSeq === 7 ? true : undefined,
  );
  expect(server.told.count("finished")).toBe(1);
  expect(server.told.failures.map(String).join("\n")).toMatch(
    /"from_the_future"[^]*answer_from_the_future[^]*no JSON[^]*"from_the_future"/,
  );
  await server.fleet.detachAll();
  const next = drivers.fleet();
  await next.fleet.adoptAll();
  await next.told.until("connected");
});

test("a child that cleared its environment ends with its driver", async () => {
  const server = drivers.fleet();
  const { driver, handle, process: supervisor } = await drivers.ready(server, { "fake.deaf": "all" });
  driver.run(calculation("c", "cleared"));
  await server.told.until("finished");
  const pid = Number(readFileSync(join(handle.folder, "child"), "utf8"));
  const child = { pid, startedTicks: startedTicks(pid) ?? 0 };
  expect(isAlive(child)).toBe(true);
  await driver.end(0);
  expect(isAlive(supervisor)).toBe(false);
  await waitFor("the child's end", () => (isAlive(child) ? undefined : true), { withinMs: 2_000 });
});
