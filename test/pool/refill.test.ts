import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FakeDrivers, handleOf, processOf } from "../drivers/fake-drivers.ts";
import { waitFor } from "../support/wait-for.ts";
import { driverOf, PoolServer, sent, tell } from "./pool-server.ts";

let drivers: FakeDrivers;
beforeEach(async () => {
  drivers = await FakeDrivers.open();
});
afterEach(() => drivers[Symbol.asyncDispose]());

const members = async () => (await drivers.store.drivers.live()).filter(({ sessionId }) => sessionId === null);
const booting = (server: PoolServer) => server.pool.status().members.filter(({ state }) => state === "booting");
const untilBooting = (server: PoolServer) => server.until("a member that boots", () => booting(server).length === 1);

test("one boots at a time", async () => {
  tell(drivers, "boot", "30");
  await using server = await PoolServer.start(drivers, { bounds: { min: 4, max: 4 } });
  let most = 0;
  await server.until("the pool to be full", () => {
    most = Math.max(most, booting(server).length);
    return server.pool.status().members.filter(({ state }) => state === "ready").length === 4;
  });
  expect(most).toBe(1);
  expect(server.said("a pool member boots")).toHaveLength(4);
});

test("a session that finds no member says why, boots first, and the member stands still meanwhile", async () => {
  tell(drivers, "boot", "300");
  tell(drivers, "coldBoot", "hang");
  await using server = await PoolServer.start(drivers);
  await untilBooting(server);
  const [member] = await waitFor("its row", async () => ((await members()).length === 1 ? members() : undefined));
  const session = await server.start();
  expect(session.state).toBe("CREATING");
  await server.until("its origin", async () => (await server.origin(session)) !== undefined);
  expect(await server.origin(session)).toEqual({ from: "cold", why: "the pool's member for it is still booting" });
  await server.until("the pause", () => member !== undefined && sent(member, "pauses").includes("pause"));
  expect(server.pool.status().members).toMatchObject([{ state: "booting", isPaused: true }]);
  await server.sessions.terminate(session.id);
  await server.filled(1);
  expect(member && sent(member, "pauses").at(-1)).toBe("resume");
});

test("where priority cannot be raised, a member that boots stands still while a calculation runs", async () => {
  tell(drivers, "canRaise", "no");
  await using server = await PoolServer.start(drivers, { canRaisePriority: false });
  await server.filled(1);
  tell(drivers, "boot", "1500");
  const session = await server.start();
  await untilBooting(server);
  const [member] = await members();
  const calculation = await server.calculations.start({ SessionId: session.id, CodeBlock: "hang" });
  await server.until("the pause", () => member !== undefined && sent(member, "pauses").includes("pause"));
  await server.calculations.stop(calculation.id);
  await server.filled(1);
  expect(member && sent(member, "pauses")).toEqual(["pause", "resume"]);
});

test("… and none begins to boot beside one", async () => {
  tell(drivers, "canRaise", "no");
  await using server = await PoolServer.start(drivers, { canRaisePriority: false });
  await server.filled(1);
  const session = await server.start();
  const calculation = await server.calculations.start({ SessionId: session.id, CodeBlock: "hang" });
  await server.until("the pool to wait", () => server.pool.status().waiting === "the work of users comes first");
  // This wait is longer than the half second for which no member boots after a claim.
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  expect(server.pool.status().members).toEqual([]);
  await server.calculations.stop(calculation.id);
  await server.filled(1);
});

test("where it can, members boot beside calculations, and step back by themselves", async () => {
  await using server = await PoolServer.start(drivers);
  await server.filled(1);
  const session = await server.start();
  await server.calculations.start({ SessionId: session.id, CodeBlock: "hang" });
  await server.filled(1);
  const [member] = await members();
  expect(member && sent(member, "pauses")).toEqual([]);
});

test("boots that fail are tried ever more seldom, say why, and sessions start all the same", async () => {
  tell(drivers, "boot", "fail");
  await using server = await PoolServer.start(drivers);
  await server.until("the failure", () => server.said("a pool member failed").length === 1);
  await server.until("the pool to wait", () => server.pool.status().waiting === "the last boot failed");
  expect(server.said("a pool member failed")[0]?.fields).toMatchObject({ why: "no Spark today" });
  const session = await server.start();
  await server.untilState(session, "IDLE");
  expect(await server.origin(session)).toEqual({
    from: "cold",
    why: "the pool has no member that is ready (the last boot failed)",
  });
  expect(server.said("a pool member boots")).toHaveLength(1);
});

test("a boot that hangs is ended, and counts as failed", async () => {
  tell(drivers, "boot", "hang");
  await using server = await PoolServer.start(drivers, { bootDeadlineMs: 300 });
  await server.until("the failure", () => server.said("a pool member failed").length === 1);
  await server.until("its end", async () => (await members()).length === 0);
});

test("an engine that is installed anew: its members are replaced, and none of the old ones is given away", async () => {
  await using server = await PoolServer.start(drivers);
  await server.filled(1);
  const [old] = await members();
  server.machine.engine = server.machine.engine && { ...server.machine.engine, stamp: "second" };
  const session = await server.start();
  await server.untilState(session, "IDLE");
  expect((await driverOf(drivers, session)).id).not.toBe(old?.id);
  await server.until("the old one's end", async () => !(await members()).some(({ id }) => id === old?.id));
  await server.filled(1);
});

test("an engine that is removed: no member, and no boot that fails", async () => {
  await using server = await PoolServer.start(drivers);
  await server.filled(1);
  server.machine.engine = undefined;
  const session = await server.start();
  await server.untilState(session, "FAILED");
  await server.filled(0);
  expect(server.said("a pool member failed")).toEqual([]);
});

test("when memory is short no member boots, and those that wait give way", async () => {
  await using server = await PoolServer.start(drivers);
  await server.filled(1);
  server.machine.memory = { totalMb: 16_000, availableMb: 1_000 };
  const session = await server.start(); // the claim wakes the pool
  expect(session.state).toBe("IDLE");
  await server.until("the pool to wait", () => server.pool.status().waiting === "memory is short");
  server.machine.memory = { totalMb: 16_000, availableMb: 9_000 };
  await server.pool.review();
  await server.filled(1);
  server.machine.memory = { totalMb: 16_000, availableMb: 1_000 };
  await server.pool.review();
  await server.filled(0);
});

test("a session that no member fits, and memory is short for, gets the memory of a member", async () => {
  const read = () => ({ totalMb: 16_000, availableMb: server.pool.status().members.length > 0 ? 1_000 : 2_000 });
  const starts = { maxStartingSessions: 2, memory: { read, memoryReserveMb: 100, driverMemoryMb: 512 } };
  await using server: PoolServer = await PoolServer.start(drivers, { starts });
  await server.filled(1);
  server.machine.memory = { totalMb: 16_000, availableMb: 5_000 };
  const session = await server.start({ "spark.jars": "s3://bucket/a.jar" });
  await server.untilState(session, "IDLE");
  expect(server.said("a pool member is ended")).toMatchObject([{ fields: { why: "a session needs the memory" } }]);
});

test("a session that has too little memory even without the members fails, and they stay", async () => {
  // The start needs 500 + 512 MB and a reserve of 100, so 312 MB are missing.
  const read = () => ({ totalMb: 16_000, availableMb: 800 });
  await using server = await PoolServer.start(drivers, {
    starts: { maxStartingSessions: 2, memory: { read, memoryReserveMb: 100, driverMemoryMb: 500 } },
  });
  await server.filled(1);
  const session = await server.start({ "spark.jars": "s3://bucket/a.jar" });
  await server.untilState(session, "FAILED");
  await server.filled(1);
  expect(server.said("a pool member is ended")).toEqual([]);
});

test("several at once make the pool larger, up to its maximum", async () => {
  await using server = await PoolServer.start(drivers, { bounds: { min: 1, max: 3 } });
  await server.filled(1);
  await Promise.all([server.start(), server.start()]);
  await server.filled(2);
  await Promise.all(Array.from({ length: 5 }, () => server.start()));
  await server.filled(3);
});

test("a conf that comes again and again gets members that have it: no fresh context any more", async () => {
  const conf = { "spark.sql.extensions": "x.Y", "spark.sql.a": "1" };
  await using server = await PoolServer.start(drivers, { bounds: { min: 1, max: 2 } });
  for (let n = 0; n < 2; n++) {
    await server.until("a member", () => server.pool.status().members.some(({ state }) => state === "ready"));
    await server.start(conf);
  }
  await server.filled(2);
  const session = await server.start(conf);
  expect(session.state).toBe("IDLE");
  expect(await server.origin(session)).toEqual({ from: "pool", why: null });
  const [claim] = sent(await driverOf(drivers, session), "claims");
  expect(JSON.parse(claim ?? "")).toMatchObject({ conf: { "spark.sql.a": "1" }, contextConf: {} });
  // A session without that conf gets no such member.
  const plain = await server.start();
  expect(sent(await driverOf(drivers, plain), "claims").join()).not.toContain("x.Y");
});

test("a member whose JVM does not answer any more is ended, and not given away", async () => {
  await using server = await PoolServer.start(drivers);
  await server.filled(1);
  const [member] = await members();
  process.kill(processOf(member).pid, "SIGUSR1"); // the fake says `degraded`
  await server.until("its end", async () => !(await members()).some(({ id }) => id === member?.id));
  expect(server.said("a pool member failed").map(({ fields }) => fields["why"])).toEqual(["no sign of life"]);
  // The log stays, for people to look into.
  expect(existsSync(join(handleOf(member).folder, "driver.log"))).toBe(true);
});

test("a member whose supervisor does not answer any more is ended, too", async () => {
  await using server = await PoolServer.start(drivers, { pingEveryMs: 50 });
  await server.filled(1);
  const [member] = await members();
  process.kill(processOf(member).pid, "SIGSTOP");
  await server.until("its end", async () => !(await members()).some(({ id }) => id === member?.id));
  expect(server.said("a pool member failed").map(({ fields }) => fields["why"])).toEqual([
    "its supervisor process does not answer",
  ]);
});

test("a member that is ended unused leaves no folder", async () => {
  await using server = await PoolServer.start(drivers);
  await server.filled(1);
  const [member] = await members();
  server.machine.memory = { totalMb: 16_000, availableMb: 100 };
  await server.pool.review();
  await server.until("its folder's end", () => !existsSync(handleOf(member).folder));
});

test("a pool that is out of order is no reason to refuse a session, and comes back", async () => {
  await using server = await PoolServer.start(drivers);
  await server.filled(1);
  server.machine.failingLooks = 1;
  const session = await server.start();
  await server.untilState(session, "IDLE");
  expect(await server.origin(session)).toEqual({
    from: "cold",
    why: "the pool is out of order: no file descriptor is left",
  });
  expect((await server.start()).state).toBe("IDLE");
  await server.filled(1);
});
