import { spawn } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { newHandle, withSupervisor } from "../../src/drivers/local/handle.ts";
import { isAlive, killTagged, startedTicks, tagVariable } from "../../src/drivers/local/processes.ts";
import { waitFor } from "../support/wait-for.ts";
import { storedMember } from "../stores/entities.ts";
import { FakeDrivers, calculation, handleOf, launchSpec } from "./fake-drivers.ts";

let drivers: FakeDrivers;
beforeEach(async () => {
  drivers = await FakeDrivers.open();
});
afterEach(() => drivers[Symbol.asyncDispose]());

test("the next server takes over a driver that was let go, from the first event that is not acknowledged", async () => {
  const before = drivers.fleet();
  const { driver, process: supervisor } = await drivers.ready(before);
  driver.run(calculation("c", "hang"));
  await before.told.until("running");
  await before.fleet.detachAll();
  expect(await driver.finished).toBeNull();
  expect(isAlive(supervisor)).toBe(true);
  expect(before.told.count("lost")).toBe(0);

  const { fleet, told } = drivers.fleet();
  const [adopted] = await fleet.adoptAll();
  await told.until("connected");
  expect(told.welcomes[0]).toMatchObject({ phase: "ready", calculationId: "c" });
  adopted?.stop("c");
  await told.until("finished");
  expect(told.calls.filter((call) => call !== "heard")).toEqual(["connected", "stopping", "finished"]);
  expect(await fleet.sweep()).toBe(0);
});

test("one that died between two servers delivers the rest of its journal and is lost", async () => {
  const before = drivers.fleet();
  const { driver, process: supervisor } = await drivers.ready(before);
  before.told.during = async (call) => {
    if (call !== "lost") throw new Error("this server hears nothing more");
  };
  driver.run(calculation("c", "die"));
  await waitFor("the supervisor's end", () => (isAlive(supervisor) ? undefined : true));
  await before.fleet.detachAll();

  const { fleet, told } = drivers.fleet();
  await fleet.adoptAll();
  await told.until("lost");
  expect(told.calls.slice(0, -1)).toEqual(["accepted", "running", "finished"]);
});

test("a stranger that has the pid and the start time of a driver that is gone is not touched", async () => {
  const before = drivers.fleet();
  const { driver, process: supervisor, row } = await drivers.ready(before);
  await before.fleet.detachAll();
  await killTagged(row.tag, 8_000);
  expect(isAlive(supervisor)).toBe(false);
  const stranger = spawn("sleep", ["600"]);
  try {
    const pid = stranger.pid ?? 0;
    const handle = withSupervisor(handleOf(row), { pid, startedTicks: startedTicks(pid) ?? 0 });
    await drivers.store.drivers.placed(driver.id, handle);
    const { fleet, told } = drivers.fleet();
    expect(await fleet.adoptAll()).toEqual([]);
    expect(told.count("lost")).toBe(1);
    expect(await fleet.sweep()).toBe(0);
    expect(startedTicks(pid)).toBeGreaterThan(0);
  } finally {
    stranger.kill("SIGKILL");
  }
});

test("a row whose process was never started is ended without a word", async () => {
  const { fleet, told } = drivers.fleet();
  const id = "0123456789ab";
  const folders = { driversFolder: drivers.folder, socketsFolder: drivers.folder };
  await drivers.store.drivers.insert({ ...storedMember(id), handle: newHandle(id, folders) });
  expect(await fleet.adoptAll()).toEqual([]);
  expect(await drivers.store.drivers.live()).toEqual([]);
  expect(told.calls).toEqual([]);
});

test("a row without a pid is of the process that carries its tag, if there is one", async () => {
  const before = drivers.fleet({ store: { ...drivers.store.drivers, placed: async () => undefined } });
  const driver = await before.fleet.launch(launchSpec());
  await before.told.until("connected");
  await before.fleet.detachAll();
  expect(handleOf((await drivers.store.drivers.live())[0]).pid).toBeNull();

  const { fleet, told } = drivers.fleet();
  const adopted = await fleet.adoptAll();
  expect(adopted.map(({ id }) => id)).toEqual([driver.id]);
  await told.until("connected");
});

test("a row without a pid whose process has ended meanwhile: the rest of its journal, then lost, and no socket", async () => {
  const before = drivers.fleet({ store: { ...drivers.store.drivers, placed: async () => undefined } });
  await before.fleet.launch(launchSpec());
  await before.told.until("connected");
  await before.fleet.detachAll();
  const [row] = await drivers.store.drivers.live();
  expect(await killTagged(row!.tag, 8_000)).toBe(true);
  appendFileSync(join(handleOf(row).folder, "journal"), '{"seq":3,"at":1,"type":"runner_ready","runnerPid":1}\n');
  const { fleet, told } = drivers.fleet();
  await fleet.adoptAll();
  expect(told.calls.slice(0, -1)).toEqual(["runner_ready"]);
  expect(told.count("lost")).toBe(1);
  await waitFor("the row's end", async () => ((await drivers.store.drivers.live()).length === 0 ? true : undefined));
  expect(existsSync(handleOf(row).socketPath)).toBe(false);
});

test("a row without a pid whose process is found has one from then on", async () => {
  const before = drivers.fleet({ store: { ...drivers.store.drivers, placed: async () => undefined } });
  await before.fleet.launch(launchSpec());
  await before.told.until("connected");
  await before.fleet.detachAll();
  const { fleet, told } = drivers.fleet();
  await fleet.adoptAll();
  await told.until("connected");
  expect(handleOf((await drivers.store.drivers.live())[0]).pid).toBeGreaterThan(0);
});

test("a launch that fails leaves no live row", async () => {
  const { fleet } = drivers.fleet();
  const spec = launchSpec();
  const broken = { ...spec, engine: { ...spec.engine, python: join(drivers.folder, "none") } };
  await expect(fleet.launch(broken)).rejects.toThrow("ENOENT");
  expect(await drivers.store.drivers.live()).toEqual([]);
});

test("the sweep ends drivers that nobody knows, also after the database was lost, and none of another data folder", async () => {
  const before = drivers.fleet();
  const own = await drivers.ready(before);
  await before.fleet.detachAll();

  // The path of the second data folder ends with the path of the first.
  const path = join(drivers.folder, "x", drivers.folder);
  mkdirSync(path, { recursive: true });
  await using other = await FakeDrivers.open(path);
  const elsewhere = other.fleet();
  const foreign = await other.ready(elsewhere);

  await using lost = await FakeDrivers.open(drivers.folder);
  expect(await lost.fleet().fleet.sweep()).toBe(1);
  expect(isAlive(own.process)).toBe(false);
  expect(existsSync(own.handle.socketPath)).toBe(false);
  expect(existsSync(join(own.handle.folder, "local"))).toBe(false);
  expect(isAlive(foreign.process)).toBe(true);
  await elsewhere.fleet.detachAll();
});

test("a child with a made-up tag of another driver does not cost that driver its socket", async () => {
  const server = drivers.fleet();
  const { row, process: supervisor } = await drivers.ready(server);
  const tag = `${drivers.store.nodeId}:${row.id}:made up`;
  const stray = spawn("sleep", ["300"], { env: { PATH: process.env["PATH"], [tagVariable]: tag } });
  const ended = new Promise((resolve) => stray.once("exit", (_code, signal) => resolve(signal)));
  expect(await server.fleet.sweep()).toBe(1);
  expect(await ended).toBe("SIGKILL");
  expect(isAlive(supervisor)).toBe(true);
  expect(existsSync(handleOf(row).socketPath)).toBe(true);
});

test("the sweep removes what a driver left that a server killed and did not come to clear away", async () => {
  const server = drivers.fleet();
  const { row } = await drivers.ready(server);
  const id = "0123456789ab";
  const local = join(drivers.folder, "drivers", id, "local");
  mkdirSync(local, { recursive: true });
  writeFileSync(join(drivers.folder, "d", `${id}.sock`), "");
  expect(await server.fleet.sweep()).toBe(0);
  expect(existsSync(join(drivers.folder, "d", `${id}.sock`))).toBe(false);
  expect(existsSync(local)).toBe(false);
  expect(existsSync(handleOf(row).socketPath)).toBe(true);
});

test("the sweep spares what is attended and ends what has an unknown tag of its own node", async () => {
  const server = drivers.fleet();
  const { process: supervisor } = await drivers.ready(server);
  const stray = spawn("sleep", ["300"], {
    env: { PATH: process.env["PATH"], [tagVariable]: `${drivers.store.nodeId}:gone:secret` },
  });
  const ended = new Promise((resolve) => stray.once("exit", (_code, signal) => resolve(signal)));
  expect(await server.fleet.sweep()).toBe(1);
  expect(await ended).toBe("SIGKILL");
  expect(isAlive(supervisor)).toBe(true);
  expect(await killTagged(`${drivers.store.nodeId}:gone:`, 1_000)).toBe(true);
});
