import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { LocalPlace } from "../../src/drivers/local/place.ts";
import { type Place, siteIn } from "../../src/drivers/place.ts";
import { storedMember } from "../stores/entities.ts";
import { waitFor } from "../support/wait-for.ts";
import { calculation, FakeDrivers, launchSpec } from "./fake-drivers.ts";
import { TcpPlace } from "./tcp-place.ts";

let drivers: FakeDrivers;
beforeEach(async () => {
  drivers = await FakeDrivers.open();
});
afterEach(() => drivers[Symbol.asyncDispose]());

const kinds: Record<string, (local: LocalPlace) => Place> = {
  "this machine": (local) => local,
  "a place behind TCP": (local) => new TcpPlace(local),
};

// The contract that every place has to keep: see src/drivers/place.ts.
describe.each(Object.entries(kinds))("%s", (_name, make) => {
  let place: Place;
  beforeEach(() => {
    place = make(drivers.localPlace);
  });
  const liveRow = async () => {
    const [row] = await drivers.store.drivers.live();
    if (!row) throw new Error("There is no live driver");
    return row;
  };
  const site = async () => place.at(await liveRow());
  const launched = async (server = drivers.fleet({ place })) => {
    const driver = await server.fleet.launch(launchSpec());
    await server.told.until("connected");
    await server.told.until("ready");
    return { ...server, driver };
  };

  test("starts a driver that is connected to, runs, and keeps its handle and the name of its place in the store", async () => {
    const { driver, told } = await launched();
    driver.run(calculation("c", "quick"));
    await told.until("finished");
    const row = await liveRow();
    expect(row.place).toBe(place.name);
    expect(row.handle).not.toEqual(place.handleFor(row.id));
    expect(await place.at(row).isAlive()).toBe(true);
  });

  test("a start that fails leaves nothing", async () => {
    const { fleet } = drivers.fleet({ place });
    const spec = launchSpec();
    const broken = { ...spec, engine: { ...spec.engine, python: join(drivers.folder, "none") } };
    await expect(fleet.launch(broken)).rejects.toThrow();
    expect(await drivers.store.drivers.live()).toEqual([]);
  });

  test("finds, after the server's death, drivers that live, that have died, and that were never started", async () => {
    const before = await launched();
    await before.fleet.detachAll();
    const never = { ...storedMember("0123456789ab"), place: place.name, handle: place.handleFor("0123456789ab") };
    await drivers.store.drivers.insert(never);
    const found = await place.find([await liveOf(before.driver.id), never]);
    expect(found.map(({ state }) => state)).toEqual(["alive", "never started"]);

    await place.at(await liveOf(before.driver.id)).kill();
    expect((await place.find([await liveOf(before.driver.id)]))[0]?.state).toBe("dead");
    const { fleet, told } = drivers.fleet({ place });
    expect(await fleet.adoptAll()).toEqual([]);
    expect(told.count("lost")).toBe(1);
    expect(await drivers.store.drivers.live()).toEqual([]);
  });

  test("finds a driver by the handle that was stored before it was started", async () => {
    const store = { ...drivers.store.drivers, placed: async () => undefined };
    const before = await launched(drivers.fleet({ place, store }));
    await before.fleet.detachAll();
    const { fleet, told } = drivers.fleet({ place });
    expect((await fleet.adoptAll()).map(({ id }) => id)).toEqual([before.driver.id]);
    await told.until("connected");
  });

  test("ends a driver by the ladder: asked, told by the place, killed", async () => {
    for (const deaf of ["", "shutdown", "all"]) {
      const server = drivers.fleet({ place });
      const driver = await server.fleet.launch(launchSpec({ "fake.deaf": deaf }));
      await server.told.until("ready");
      const where = await site();
      await driver.end(0);
      expect(await where.isAlive()).toBe(false);
      expect(await where.processes()).toEqual([]);
      expect(server.told.count("lost")).toBe(1);
    }
  });

  test("reads the rest of the journal of a driver that is gone, behind a number", async () => {
    const { driver, told } = await launched();
    const where = await site();
    driver.run(calculation("c", "quick"));
    await told.until("finished");
    await where.kill();
    expect((await where.journal(0)).map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
    expect((await where.journal(4)).map(({ type }) => type)).toEqual(["finished"]);
    expect(await where.journal(5)).toEqual([]);
  });

  test("reads the logs: their last lines, and the whole as it grows", async () => {
    const { driver, told } = await launched();
    expect(await driver.logs.tail("spark.log")).toBe("");
    expect(await driver.logs.open("spark.log").open("current")).toBeUndefined();
    for (const [n, line] of ["first", "second"].entries()) {
      driver.run(calculation(`c${String(n)}`, `log:${line}`));
      await told.until("finished", n + 1);
    }
    expect(await driver.logs.tail("spark.log")).toBe("first\nsecond");
    const part = await driver.logs.open("spark.log").open("current");
    const into = Buffer.alloc(100);
    const length = await part?.read(into, 100, 6);
    await part?.close();
    expect([part?.size, into.toString("utf8", 0, length)]).toEqual([13, "second\n"]);
    expect(await driver.logs.open("spark.log").open("aside")).toBeUndefined();
  });

  test("opens a stream to an inner port, with its half-close, and as many as are asked for", async () => {
    await launched();
    const where = await site();
    const sent = Buffer.alloc(3_000_000, "0123456789");
    const streams = await Promise.all([where.openPort("ui"), where.openPort("ui")]);
    for (const stream of streams) stream.end(sent);
    for (const received of await Promise.all(streams.map((stream) => buffer(stream))))
      expect(received.equals(sent)).toBe(true);
  });

  test("says the driver's reason for a port that it does not have, and why none can be opened", async () => {
    await launched();
    const row = await liveRow();
    await expect(place.at(row).openPort("connect")).rejects.toThrow("The fake has no such port");
    await expect(place.at({ ...row, token: "another" }).openPort("ui")).rejects.toThrow("closed the connection");
    await place.at(row).kill();
    await expect(place.at(row).openPort("ui")).rejects.toThrow();
  });

  test("a stream to a port ends when its driver does", async () => {
    await launched();
    const where = await site();
    const stream = await where.openPort("ui");
    const closed = once(stream, "close");
    stream.resume();
    await where.kill();
    await closed;
  });

  test("clears what a driver left, and removes all of it when its time is over", async () => {
    const { driver } = await launched();
    const where = await site();
    const { folder } = where.describe();
    await driver.end(0);
    expect(await place.leftovers.list()).toEqual([driver.id]);
    expect(existsSync(join(String(folder), "local"))).toBe(false);
    expect(await place.leftovers.usedAt(driver.id)).toBeGreaterThan(Date.now() - 60_000);
    await place.leftovers.remove(driver.id);
    expect(await place.leftovers.list()).toEqual([]);
    expect(await place.leftovers.usedAt(driver.id)).toBe(0);
  });

  test("ends drivers that the store does not know, and spares those that it knows", async () => {
    const known = await launched();
    await known.fleet.detachAll();
    const where = await site();
    expect(await drivers.fleet({ place }).fleet.sweep()).toBe(0);
    expect(await where.isAlive()).toBe(true);
    await drivers.store.drivers.ended(known.driver.id);
    expect(await drivers.fleet({ place }).fleet.sweep()).toBe(1);
    expect(await where.isAlive()).toBe(false);
  });

  async function liveOf(id: string) {
    const row = (await drivers.store.drivers.live()).find((one) => one.id === id);
    if (!row) throw new Error("There is no such driver");
    return row;
  }
});

test("drivers of another place are neither adopted, nor ended, nor looked at; their sessions live elsewhere", async () => {
  const elsewhere = new TcpPlace(drivers.localPlace);
  const before = drivers.fleet({ place: elsewhere });
  const driver = await before.fleet.launch({ ...launchSpec(), sessionId: "s" });
  await before.told.until("ready");
  await before.fleet.detachAll();
  const [row] = await drivers.store.drivers.live();

  const { fleet, told } = drivers.fleet();
  expect(await fleet.adoptAll()).toEqual([]);
  expect(await drivers.store.drivers.live()).toEqual([row]);
  expect(told.calls).toEqual([]);
  expect(row && siteIn(drivers.localPlace, row)).toBeUndefined();
  expect([fleet.ofSession("s"), fleet.ofSession("another")]).toEqual([{ is: "elsewhere" }, { is: "unknown" }]);
  expect(await fleet.sweep()).toBe(0);

  const { fleet: back, told: toldAgain } = drivers.fleet({ place: elsewhere });
  expect((await back.adoptAll()).map(({ id }) => id)).toEqual([driver.id]);
  await toldAgain.until("connected");
  await waitFor("its end", async () => {
    await back.endAll(0);
    return (await drivers.store.drivers.live()).length === 0 ? true : undefined;
  });
});
