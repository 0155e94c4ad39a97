import { appendFileSync, chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { killTagged } from "../../src/drivers/local/processes.ts";
import { LogDelivery } from "../../src/sessions/log-delivery.ts";
import { FakeDrivers, handleOf, noLogs } from "../drivers/fake-drivers.ts";
import { waitFor } from "../support/wait-for.ts";
import { fakeEngine, openSessionServer, type SessionServer } from "./session-server.ts";

let drivers: FakeDrivers;
let service: SessionServer;
beforeEach(async () => {
  drivers = await FakeDrivers.open();
  service = await openSessionServer(drivers);
});
afterEach(async () => {
  await service.detach();
  await drivers[Symbol.asyncDispose]();
});

const monitoring = {
  ManagedLoggingConfiguration: { Enabled: true },
  S3LoggingConfiguration: { Enabled: true, LogLocation: "s3://logs/of/sessions/" },
};
const startLogging = () => service.started({ MonitoringConfiguration: monitoring });

const pathOf = (id: string, name = "spark.log", location = "logs/of/sessions") =>
  join(drivers.folder, "buckets", location, id, "SPARK_DRIVER", name);
const delivered = (...of: Parameters<typeof pathOf>) => {
  try {
    return readFileSync(pathOf(...of), "utf8");
  } catch {
    return undefined;
  }
};
const until = (id: string, text: string) =>
  waitFor(`${text} in ${String(delivered(id))}`, () => (delivered(id) === text ? true : undefined));
const driverFolder = async (id: string) => handleOf(await drivers.store.drivers.ofSession(id)).folder;
const undelivered = () => drivers.store.undeliveredLogs.list();

test("the log can be read after each calculation, in both places", async () => {
  const { id } = await startLogging();
  await service.ran(id, "log:first");
  await until(id, "first\n");
  await service.ran(id, "log:second");
  await until(id, "first\nsecond\n");
  expect(delivered(id, "spark.log", "managed/logs")).toBe("first\nsecond\n");
  expect(delivered(id, "driver.log")).toBe("");
  expect(await undelivered()).toEqual([id]);
});

test("a session without delivery is not even read", async () => {
  const { id } = await service.started();
  const sessions = { find: () => Promise.reject(new Error("the session was read")) };
  const store = { ...drivers.store, sessions: { ...drivers.store.sessions, ...sessions } };
  const bucketFolders = { follow: () => Promise.reject(new Error("something was delivered")) };
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const logsOf = () => undefined;
  const logs = new LogDelivery({ store, bucketFolders, log, logsOf, now: Date.now, managedLogs: "s3://managed/logs" });
  await logs.deliver(id, noLogs, { isLast: true });
});

test("a calculation that runs on is followed by the regular look", async () => {
  const { id } = await startLogging();
  await service.calculations.start({ SessionId: id, CodeBlock: "hang" });
  appendFileSync(join(await driverFolder(id), "spark.log"), "half way\n");
  await service.logs.catchUp();
  expect(delivered(id)).toBe("half way\n");
  expect(await undelivered()).toEqual([id]);
});

test("it is whole when the session is seen TERMINATED, and then nothing is owed", async () => {
  const { id } = await startLogging();
  await service.ran(id, "log:said");
  appendFileSync(join(await driverFolder(id), "spark.log"), "last words\n");
  await service.sessions.terminate(id);
  await service.sessionIn(id, "TERMINATED");
  expect(delivered(id)).toBe("said\nlast words\n");
  expect(await undelivered()).toEqual([]);
});

test("a session without logging owes and delivers nothing", async () => {
  const { id } = await service.started({
    MonitoringConfiguration: { CloudWatchLoggingConfiguration: { Enabled: true, LogGroup: "group" } },
  });
  await service.ran(id, "log:said");
  await service.sessions.terminate(id);
  await service.sessionIn(id, "TERMINATED");
  expect([delivered(id), delivered(id, "spark.log", "managed/logs")]).toEqual([undefined, undefined]);
  expect(await undelivered()).toEqual([]);
});

describe("a start that fails", () => {
  test("in its process leaves the log of that", async () => {
    await service.detach();
    const python = join(drivers.folder, "python");
    writeFileSync(python, "#!/bin/sh\necho no such module >&2\nexit 1\n");
    chmodSync(python, 0o700);
    service = await openSessionServer(drivers, { findEngine: async () => ({ ...fakeEngine, python }) });
    const { id, state, stateReason } = await startLogging();
    expect([state, stateReason]).toEqual(["FAILED", expect.stringContaining("no such module")]);
    expect(delivered(id, "driver.log")).toBe("no such module\n");
    expect(delivered(id)).toBeUndefined();
    expect(await undelivered()).toEqual([]);
  });

  test("before it has one owes nothing for long", async () => {
    await service.detach();
    service = await openSessionServer(drivers, { findEngine: async () => undefined });
    const { state } = await startLogging();
    expect(state).toBe("FAILED");
    await service.logs.catchUp();
    expect(await undelivered()).toEqual([]);
  });
});

test("a driver that dies leaves its log", async () => {
  const { id } = await startLogging();
  await service.ran(id, "log:said");
  appendFileSync(join(await driverFolder(id), "spark.log"), "out of memory\n");
  await service.ran(id, "die");
  await service.sessionIn(id, "FAILED");
  expect(delivered(id)).toBe("said\nout of memory\n");
});

test("what a server that crashed still owed is delivered by the next one, once", async () => {
  const { id } = await startLogging();
  await service.ran(id, "log:said");
  await until(id, "said\n");
  await service.detach();
  appendFileSync(join(await driverFolder(id), "spark.log"), "while nobody looked\n");
  const [row] = await drivers.store.drivers.live();
  await killTagged(row?.tag ?? "", 10_000);

  service = await openSessionServer(drivers);
  await service.sessionIn(id, "FAILED");
  expect(delivered(id)).toBe("said\nwhile nobody looked\n");
  expect(await undelivered()).toEqual([]);
  await service.logs.catchUp();
  expect(delivered(id)).toBe("said\nwhile nobody looked\n");
});

describe("a location that cannot be written to", () => {
  const obstruct = (id: string) => {
    mkdirSync(dirname(dirname(pathOf(id))), { recursive: true });
    writeFileSync(dirname(pathOf(id)), "a file, where the folder should be");
  };
  const endedInVain = async () => {
    const { id } = await startLogging();
    obstruct(id);
    await service.ran(id, "log:said");
    await service.sessions.terminate(id);
    await service.sessionIn(id, "TERMINATED");
    expect(await undelivered()).toEqual([id]);
    return id;
  };

  test("keeps no session from ending, and is tried again", async () => {
    const id = await endedInVain();
    rmSync(dirname(pathOf(id)));
    await waitFor("the driver's burial", async () =>
      (await drivers.store.drivers.live()).length === 0 ? true : undefined,
    );
    await service.logs.catchUp();
    expect(delivered(id)).toBe("said\n");
    expect(await undelivered()).toEqual([]);
  });

  test("is given up a day after the session's end", async () => {
    await endedInVain();
    await waitFor("the driver's burial", async () =>
      (await drivers.store.drivers.live()).length === 0 ? true : undefined,
    );
    await service.detach();
    const hours = (n: number) => () => Date.now() + n * 3600_000;
    service = await openSessionServer(drivers, { now: hours(23) });
    await service.logs.catchUp();
    expect(await undelivered()).toHaveLength(1);
    service = await openSessionServer(drivers, { now: hours(25) });
    await service.logs.catchUp();
    expect(await undelivered()).toEqual([]);
  });
});
