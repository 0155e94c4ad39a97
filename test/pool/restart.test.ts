import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { isAlive } from "../../src/drivers/local/processes.ts";
import type { DriverRow } from "../../src/store/types.ts";
import { FakeDrivers, handleOf, processOf } from "../drivers/fake-drivers.ts";
import { driverOf, PoolServer, sent, tell } from "./pool-server.ts";

let drivers: FakeDrivers;
beforeEach(async () => {
  drivers = await FakeDrivers.open();
});
afterEach(() => drivers[Symbol.asyncDispose]());

const lives = (row: DriverRow) => isAlive(processOf(row));

test("the server's end ends members, those that boot too, and leaves sessions", async () => {
  const server = await PoolServer.start(drivers, { bounds: { min: 2, max: 2 } });
  await server.filled(2);
  const session = await server.start();
  tell(drivers, "boot", "hang");
  await server.until("a member that boots", () =>
    server.pool.status().members.some(({ state }) => state === "booting"),
  );
  const rows = await drivers.store.drivers.live();
  expect(rows).toHaveLength(3);
  await server.stop();
  expect(rows.filter(lives).map(({ sessionId }) => sessionId)).toEqual([session.id]);
});

test("after a crash the members of the dead server are ended, not reused", async () => {
  const dead = await PoolServer.start(drivers);
  await dead.filled(1);
  const [old] = await drivers.store.drivers.live();
  await dead.crash();

  await using server = await PoolServer.start(drivers);
  await server.filled(1);
  await server.until("the old member's end", () => old !== undefined && !lives(old));
  const session = await server.start();
  expect((await driverOf(drivers, session)).id).not.toBe(old?.id);
});

test("a server without a pool ends them too", async () => {
  const dead = await PoolServer.start(drivers);
  await dead.filled(1);
  const [old] = await drivers.store.drivers.live();
  await dead.crash();
  await using server = await PoolServer.start(drivers, { bounds: { min: 0, max: 0 } });
  await server.until("the old member's end", () => old !== undefined && !lives(old));
  await server.until("its folder's end", () => !existsSync(handleOf(old).folder));
});

test("a crash between the claim's transaction and its answer: the next server sends the claim again", async () => {
  const dead = await PoolServer.start(drivers);
  await dead.filled(1);
  tell(drivers, "claim", "hang"); // the first claim is never answered
  const session = await dead.start({ "spark.sql.a": "1", "spark.ui.retainedJobs": "5" });
  expect(session.state).toBe("CREATING");
  const row = await driverOf(drivers, session);
  await dead.crash();

  await using server = await PoolServer.start(drivers);
  expect(sent(row, "claims")).toHaveLength(1);
  // A driver that knows its session does not answer a second claim. The session stays CREATING, because its
  // state waits for `claimed` in the driver's journal.
  expect((await server.sessions.get(session.id)).state).toBe("CREATING");
  expect((await driverOf(drivers, session)).id).toBe(row.id);
});

test("a crash before the claim was sent: the next server claims", async () => {
  const dead = await PoolServer.start(drivers);
  await dead.filled(1);
  const [member] = await drivers.store.drivers.live();
  const session = await dead.start(); // this session claims the only member
  await dead.filled(1);
  const spare = (await drivers.store.drivers.live()).find(({ sessionId }) => sessionId === null);
  await dead.crash();
  // The store now gets the state of a crash before the claim was sent: a session in CREATING owns a member
  // that has not been told of it.
  const other = { ...session, id: "other", state: "CREATING" as const };
  expect(
    await drivers.store.sessions.insert(other, { maxSessions: 9, token: undefined, drivers: [spare?.id ?? ""] }),
  ).toEqual({
    driverId: spare?.id,
  });

  await using server = await PoolServer.start(drivers);
  await server.untilState(other, "IDLE");
  expect((await driverOf(drivers, other)).id).toBe(spare?.id);
  expect(spare && sent(spare, "claims")).toHaveLength(1);
  expect((await server.sessions.get(session.id)).state).toBe("IDLE");
  expect(member && lives(member)).toBe(true);
});

test("a member that died between the crash and the next server: its session gets another driver", async () => {
  const dead = await PoolServer.start(drivers);
  await dead.filled(1);
  tell(drivers, "claim", "hang");
  const session = await dead.start();
  const row = await driverOf(drivers, session);
  await dead.crash();
  process.kill(processOf(row).pid, "SIGKILL");

  await using server = await PoolServer.start(drivers);
  await server.untilState(session, "IDLE");
  expect((await driverOf(drivers, session)).id).not.toBe(row.id);
});

test("a dead member that still stands for a session which has another driver by now: the session keeps that one", async () => {
  const dead = await PoolServer.start(drivers, { bounds: { min: 0, max: 0 } });
  const session = await dead.start();
  await dead.untilState(session, "IDLE");
  const own = await driverOf(drivers, session);
  await dead.crash();
  // The state of a crash before the member's end was stored: the session already has a driver of its own, and
  // the dead member's row still names the session.
  const ownHandle = handleOf(own);
  const folder = join(dirname(ownHandle.folder), "d-old");
  mkdirSync(folder);
  writeFileSync(join(folder, "journal"), "");
  const process = { pid: ownHandle.pid, startedTicks: (ownHandle.startedTicks ?? 0) - 1 };
  const handle = { ...ownHandle, ...process, folder, socketPath: `${ownHandle.socketPath}-old` };
  const names = { id: "d-old", tag: `${own.tag}-old`, fingerprint: "f" };
  await drivers.store.drivers.insert({ ...own, ...names, handle, createdAt: own.createdAt - 1 });

  await using server = await PoolServer.start(drivers);
  expect((await drivers.store.drivers.live()).map(({ id }) => id)).not.toContain("d-old");
  expect((await server.sessions.get(session.id)).state).toBe("IDLE");
  expect(server.fleet.ofSession(session.id).driver?.id).toBe(own.id);
});

test("a member that dies under the next server, which starts one session at a time: the same", async () => {
  const dead = await PoolServer.start(drivers);
  await dead.filled(1);
  tell(drivers, "claim", "hang");
  const session = await dead.start();
  const row = await driverOf(drivers, session);
  await dead.crash();

  const starts = { maxStartingSessions: 1, memory: undefined };
  await using server = await PoolServer.start(drivers, { starts });
  process.kill(processOf(row).pid, "SIGKILL");
  await server.untilState(session, "IDLE");
  expect((await driverOf(drivers, session)).id).not.toBe(row.id);
});
