// The starts of many sessions at once: how many drivers boot, which starts wait, and how the machine's memory
// limits them.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { deferred } from "../../src/lib/deferred.ts";
import { delay } from "../../src/lib/delay.ts";
import { FakeDrivers } from "../drivers/fake-drivers.ts";
import { waitFor } from "../support/wait-for.ts";
import { fakeEngine, openSessionServer, type SessionServer } from "./session-server.ts";

let drivers: FakeDrivers;
let gate: string;
const open: SessionServer[] = [];

beforeEach(async () => {
  drivers = await FakeDrivers.open();
  gate = join(drivers.folder, "gate");
});
afterEach(async () => {
  for (const service of open.splice(0)) await service.detach();
  await drivers[Symbol.asyncDispose]();
});

const serve = async (options: Parameters<typeof openSessionServer>[1]) => {
  const service = await openSessionServer(drivers, options);
  open.push(service);
  return service;
};
const twoAtOnce = { starts: { maxStartingSessions: 2, memory: undefined } };

/** Starts a session whose driver boots until the gate is open. */
const start = async ({ sessions }: SessionServer, more: Record<string, string> = {}) => {
  const EngineConfiguration = { SparkProperties: { "spark.fake.boots": gate, ...more } };
  return (await sessions.start({ WorkGroup: "primary", EngineConfiguration })).id;
};
const openGate = () => {
  writeFileSync(gate, "");
};
const driversOf = async () => (await drivers.store.drivers.live()).map(({ sessionId }) => sessionId);
const untilDriversAre = (ids: readonly string[]) =>
  waitFor(`the drivers of ${ids.join()}`, async () => {
    const live = await driversOf();
    return ids.every((id) => live.includes(id)) ? live : undefined;
  });

describe("of many sessions that start at once", { timeout: 60_000 }, () => {
  test("only so many boot, the others wait in CREATING, and in the end all are IDLE", async () => {
    const service = await serve(twoAtOnce);
    const ids: string[] = [];
    for (let n = 0; n < 6; n++) ids.push(await start(service));
    expect(await untilDriversAre(ids.slice(0, 2))).toHaveLength(2);
    for (const id of ids) expect((await service.sessions.get(id)).state).toBe("CREATING");
    expect(await driversOf()).toHaveLength(2);
    openGate();
    for (const id of ids) await service.sessionIn(id, "IDLE");
  });

  test("one that waits ends at once when it is terminated, and never has a driver", async () => {
    const service = await serve(twoAtOnce);
    const ids = [await start(service), await start(service), await start(service), await start(service)];
    await untilDriversAre(ids.slice(0, 2));
    await service.sessions.terminate(ids[2]!);
    await service.sessionIn(ids[2]!, "TERMINATED");
    expect((await driversOf()).sort()).toEqual(ids.slice(0, 2).sort());
    // A session that is terminated while it boots gives its turn to the next session.
    await service.sessions.terminate(ids[0]!);
    await service.sessionIn(ids[0]!, "TERMINATED");
    await untilDriversAre([ids[1]!, ids[3]!]);
    openGate();
    for (const id of [ids[1]!, ids[3]!]) await service.sessionIn(id, "IDLE");
    expect(await drivers.store.drivers.ofSession(ids[2]!)).toBeUndefined();
  });

  test("one that is terminated before its engine was found does not come to wait for its turn", async () => {
    const engine = deferred();
    let found = Promise.resolve();
    const service = await serve({ ...twoAtOnce, findEngine: () => found.then(() => fakeEngine) });
    const booting = [await start(service), await start(service)];
    await untilDriversAre(booting);
    found = engine.promise;
    const id = await start(service);
    await service.sessions.terminate(id);
    engine.resolve();
    await service.sessionIn(id, "TERMINATED");
    expect(await driversOf()).toHaveLength(2);
  });

  test("one whose driver is let go while it boots does not fail, as it is the next server's", async () => {
    const startDeadlineMs = 4_000; // long enough for a fake driver to be launched on a busy machine
    const service = await serve({ ...twoAtOnce, startDeadlineMs });
    const id = await start(service);
    await untilDriversAre([id]);
    await service.fleet.detachAll();
    await delay(startDeadlineMs + 500);
    expect((await service.sessions.get(id)).state).toBe("CREATING");
  });

  test("those that boot or wait when the server ends are started by the next one", async () => {
    const first = await serve(twoAtOnce);
    const ids = [await start(first), await start(first), await start(first)];
    await untilDriversAre(ids.slice(0, 2));
    await first.detach();
    open.pop();
    const second = await serve(twoAtOnce);
    const late = await start(second);
    // The adopted drivers that still boot count towards the limit.
    expect((await driversOf()).sort()).toEqual(ids.slice(0, 2).sort());
    openGate();
    for (const id of [...ids, late]) await second.sessionIn(id, "IDLE");
  });
});

describe("the machine's memory", { timeout: 60_000 }, () => {
  const memory = (available: () => number) => ({
    starts: {
      maxStartingSessions: 9,
      memory: { read: () => ({ totalMb: 8000, availableMb: available() }), memoryReserveMb: 100, driverMemoryMb: 1000 },
    },
  });

  test("fails a session that it cannot carry, which then holds no place in the quota", async () => {
    let mb = 900;
    const service = await serve({ ...memory(() => mb), rules: { maxSessions: 1 } });
    const session = await service.started();
    expect(session).toMatchObject({ state: "FAILED" });
    expect(session.stateReason).toMatch(
      /^The session could not be started: too little memory\. .*1512 MiB.* 900 of 8000 MiB .*GLAUX_MEMORY_RESERVE_MB/,
    );
    expect(await drivers.store.drivers.ofSession(session.id)).toBeUndefined();
    mb = 2000;
    expect(await service.started()).toMatchObject({ state: "IDLE" });
  });

  test("lets a start wait for another's end, and for the memory that a terminated one gives back", async () => {
    let mb = 2000;
    const service = await serve(memory(() => mb));
    // This driver ignores `shutdown`, so its end takes as long as drivers are given for it.
    const first = await start(service, { "spark.fake.deaf": "shutdown" });
    const second = await start(service);
    await untilDriversAre([first]);
    expect(await driversOf()).toEqual([first]);
    openGate();
    for (const id of [first, second]) await service.sessionIn(id, "IDLE");
    mb = 0;
    await service.sessions.terminate(first);
    const third = await start(service);
    mb = 2000;
    await service.sessionIn(first, "TERMINATED");
    await service.sessionIn(third, "IDLE");
  });
});
