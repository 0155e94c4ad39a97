import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { isAlive } from "../../src/drivers/local/processes.ts";
import { FakeDrivers, processOf } from "../drivers/fake-drivers.ts";
import { driverOf, PoolServer, sent, tell } from "./pool-server.ts";

let drivers: FakeDrivers;
beforeEach(async () => {
  drivers = await FakeDrivers.open();
});
afterEach(() => drivers[Symbol.asyncDispose]());

test("a session that a member serves is IDLE in the answer, and its driver was there before it", async () => {
  await using server = await PoolServer.start(drivers);
  await server.filled(1);
  const [member] = await drivers.store.drivers.live();
  const session = await server.start({ "spark.sql.shuffle.partitions": "7", "spark.executor.memory": "9g" });
  expect(session.state).toBe("IDLE");
  expect(await server.origin(session)).toEqual({ from: "pool", why: null });
  const driver = await driverOf(drivers, session);
  expect(driver.id).toBe(member?.id);
  expect(sent(driver, "claims").map((line) => JSON.parse(line) as unknown)).toEqual([
    {
      sessionId: session.id,
      workGroup: "primary",
      engineVersion: "Apache Spark version 3.5",
      conf: { "spark.sql.shuffle.partitions": "7" },
      contextConf: {},
    },
  ]);
});

test("context-static conf: the same member, with a fresh context, and the session says so", async () => {
  await using server = await PoolServer.start(drivers);
  await server.filled(1);
  const session = await server.start({ "spark.sql.extensions": "x.Y", "spark.sql.a": "1" });
  expect(session.state).toBe("IDLE");
  const [claim] = sent(await driverOf(drivers, session), "claims");
  expect(JSON.parse(claim ?? "")).toMatchObject({
    conf: { "spark.sql.a": "1" },
    contextConf: { "spark.sql.extensions": "x.Y" },
  });
  expect(await server.origin(session)).toEqual({
    from: "pool",
    why: "it gets a fresh Spark context for spark.sql.extensions",
  });
});

test("launch conf: a driver of its own, the member stays, and the session says why", async () => {
  await using server = await PoolServer.start(drivers, { bounds: { min: 1, max: 2 } });
  await server.filled(1);
  const session = await server.start({ "spark.sql.codegen.cache.maxEntries": "9" });
  expect(session.state).toBe("CREATING");
  await server.untilState(session, "IDLE");
  expect((await server.origin(session))?.why).toBe(
    "no pool member fits: it has its own spark.sql.codegen.cache.maxEntries, which a JVM takes only at its start",
  );
  // The one start with this conf is not enough for the pool to boot members for it.
  await server.pool.review();
  expect(server.pool.status().members).toHaveLength(1);
});

test("50 starts at once and three members: three hits with a member each; everybody gets a session", async () => {
  await using server = await PoolServer.start(drivers, { bounds: { min: 3, max: 3 } });
  await server.filled(3);
  const members = (await drivers.store.drivers.live()).map(({ id }) => id);
  tell(drivers, "boot", "hang"); // so that the pool gets no further member during the starts
  const sessions = await Promise.all(Array.from({ length: 50 }, () => server.start()));
  const hits = sessions.filter(({ state }) => state === "IDLE");
  expect(hits).toHaveLength(3);
  const used = await Promise.all(hits.map(async (session) => (await driverOf(drivers, session)).id));
  expect(used.sort()).toEqual(members.sort());
  for (const session of sessions) await server.untilState(session, "IDLE");
  const all = await Promise.all(sessions.map(async (session) => (await driverOf(drivers, session)).id));
  expect(new Set(all).size).toBe(50);
}, 60_000);

test("a member is used once: the session that ends takes it with it, and the next one gets another", async () => {
  await using server = await PoolServer.start(drivers);
  await server.filled(1);
  const first = await server.start();
  const { id } = await driverOf(drivers, first);
  await server.sessions.terminate(first.id);
  await server.untilState(first, "TERMINATED");
  await server.filled(1);
  const second = await server.start();
  expect(second.state).toBe("IDLE");
  expect((await driverOf(drivers, second)).id).not.toBe(id);
});

test("a refused start takes no member", async () => {
  await using server = await PoolServer.start(drivers, { limit: 1 });
  await server.filled(1);
  await server.start();
  await server.filled(1);
  await expect(server.start()).rejects.toThrow("Maximum allowed sessions reached (1)");
  await expect(server.start({ "spark.master": "yarn" })).resolves.toMatchObject({ state: "FAILED" });
  expect(server.pool.status().members).toHaveLength(1);
});

test("the retry of a start is answered with the same session, and takes no second member", async () => {
  await using server = await PoolServer.start(drivers, { bounds: { min: 2, max: 2 } });
  await server.filled(2);
  const token = "a-token-that-is-long-enough-for-the-api";
  const [first, second] = await Promise.all([server.start({}, token), server.start({}, token)]);
  expect(second.id).toBe(first.id);
  expect((await drivers.store.drivers.live()).filter(({ sessionId }) => sessionId !== null)).toHaveLength(1);
});

test("a member that dies at its claim: the session gets a driver of its own, and nobody sees it FAILED", async () => {
  await using server = await PoolServer.start(drivers);
  await server.filled(1);
  tell(drivers, "claim", "die");
  const session = await server.start();
  expect(["CREATING", "IDLE"]).toContain(session.state);
  await server.untilState(session, "IDLE");
  expect(await server.origin(session)).toEqual({ from: "cold", why: "the pool member that was given to it died" });
  expect((await driverOf(drivers, session)).fingerprint).toBe("");
});

test("a member that was dead already when it was claimed", async () => {
  await using server = await PoolServer.start(drivers);
  await server.filled(1);
  const [member] = await drivers.store.drivers.live();
  process.kill(processOf(member).pid, "SIGKILL");
  const session = await server.start();
  await server.untilState(session, "IDLE");
  expect((await driverOf(drivers, session)).id).not.toBe(member?.id);
});

test("a claim that takes long is answered CREATING after a second, and becomes IDLE all the same", async () => {
  await using server = await PoolServer.start(drivers);
  await server.filled(1);
  tell(drivers, "claim", "slow");
  const session = await server.start();
  expect(session.state).toBe("CREATING");
  await server.untilState(session, "IDLE");
  expect((await server.origin(session))?.from).toBe("pool");
});

describe("a claim that is not answered in time", () => {
  const claimLimits = { claimMs: 300, freshContextMs: 600 };

  test.each(["hang", "standStill", "late"])(
    "(%s): the member is ended, and the session gets its own driver",
    async (how) => {
      await using server = await PoolServer.start(drivers, { claimLimits });
      await server.filled(1);
      const [member] = await drivers.store.drivers.live();
      tell(drivers, "claim", how);
      const session = await server.start();
      await server.untilState(session, "IDLE");
      const why = "the pool member that was given to it did not answer";
      expect(await server.origin(session)).toEqual({ from: "cold", why });
      expect((await driverOf(drivers, session)).fingerprint).toBe("");
      expect(isAlive(processOf(member))).toBe(false);
      await server.calculations.start({ SessionId: session.id, CodeBlock: "quick" });
    },
  );

  test("a fresh Spark context may take longer", async () => {
    await using server = await PoolServer.start(drivers, { claimLimits: { claimMs: 300, freshContextMs: 20_000 } });
    await server.filled(1);
    tell(drivers, "claim", "slow");
    const session = await server.start({ "spark.sql.extensions": "x.Y" });
    await server.untilState(session, "IDLE");
    expect((await server.origin(session))?.from).toBe("pool");
  });

  test("an answer that comes in the very moment of the giving up: no session stays IDLE without a driver", async () => {
    await using server = await PoolServer.start(drivers, { claimLimits });
    await server.filled(1);
    tell(drivers, "claim", "hang");
    const unclaim = drivers.store.drivers.unclaim.bind(drivers.store.drivers);
    drivers.store.drivers.unclaim = async (driverId) => {
      for (const { id } of await drivers.store.sessions.inStates(["CREATING"]))
        await drivers.store.sessions.transition(id, "IDLE", { at: Date.now() });
      await unclaim(driverId);
    };
    const session = await server.start();
    await server.untilState(session, "FAILED");
    expect((await server.sessions.get(session.id)).stateReason).toBe("The session's driver is gone");
  });

  test("a session that is terminated while its member is given up ends", async () => {
    await using server = await PoolServer.start(drivers, { claimLimits });
    await server.filled(1);
    tell(drivers, "claim", "standStill");
    const session = await server.start();
    await server.until(
      "the member to be given up",
      () => server.said("a pool member does not answer its claim, and is ended").length > 0,
    );
    await server.sessions.terminate(session.id);
    await server.untilState(session, "TERMINATED");
  });
});

test("a session terminated while it is claimed ends with its member", async () => {
  await using server = await PoolServer.start(drivers);
  await server.filled(1);
  tell(drivers, "claim", "hang");
  const session = await server.start();
  await server.sessions.terminate(session.id);
  await server.untilState(session, "TERMINATED");
});
