// What the end of a driver means to its session and to the calculation that it runs, in the order in which
// clients see it.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { sessionTerminated } from "../../src/domain/reasons.ts";
import { killTagged } from "../../src/drivers/local/processes.ts";
import { FakeDrivers } from "../drivers/fake-drivers.ts";
import { waitFor } from "../support/wait-for.ts";
import { openSessionServer, type SessionServer } from "./session-server.ts";

let drivers: FakeDrivers;
let service: SessionServer;
let sessionId: string;

beforeEach(async () => {
  drivers = await FakeDrivers.open();
  service = await openSessionServer(drivers);
  sessionId = (await service.started()).id;
});
afterEach(async () => {
  await service.detach();
  await drivers[Symbol.asyncDispose]();
});

async function ended(CodeBlock: string) {
  const { id } = await service.calculations.start({ SessionId: sessionId, CodeBlock });
  const isOver = async () => {
    const calculation = await service.calculations.get(id);
    return calculation.completedAt === null ? undefined : calculation;
  };
  return waitFor(`the end of ${CodeBlock}`, isOver, { everyMs: 1 });
}

/**
 * Starts a calculation, kills its supervisor while the calculation runs, and answers the calculation
 * afterwards.
 */
async function killedUnder(before: (calculationId: string) => unknown) {
  const { id } = await service.calculations.start({ SessionId: sessionId, CodeBlock: "hang" });
  await before(id);
  const row = await drivers.store.drivers.ofSession(sessionId);
  await killTagged(row!.tag, 8_000);
  await waitFor("its end", async () => ((await drivers.store.drivers.live()).length === 0 ? true : undefined));
  return service.calculations.get(id);
}

const unexpected = /^The session's supervisor process ended unexpectedly/;

describe("a calculation that ends with its driver", () => {
  const lost = { outcome: "failed", errorType: "SparkDriverLost", errorMessage: "the JVM is gone" };
  const code = (how: "end" | "endAsBefore", members: object) => `${how}:${JSON.stringify(members)}`;
  const told = { state: "FAILED", stateReason: "SparkDriverLost: the JVM is gone" };

  // These fake drivers report nothing after the end of the calculation. So the session's state follows from
  // the end of the calculation alone.
  test("is FAILED when its session is, with the same reason", async () => {
    expect(await ended(code("end", { ...lost, driverLost: "the JVM is gone" }))).toMatchObject(told);
    expect(await service.sessions.get(sessionId)).toMatchObject(told);
  });

  test("the same by a driver that an earlier version of Glaux has started", async () => {
    expect(await ended(code("endAsBefore", lost))).toMatchObject(told);
    expect(await service.sessions.get(sessionId)).toMatchObject(told);
  });

  test("is CANCELED after a Stop, when its session is FAILED", async () => {
    const canceled = { outcome: "canceled", driverLost: "the JVM is gone" };
    expect(await ended(code("end", canceled))).toMatchObject({ state: "CANCELED" });
    const session = await service.sessions.get(sessionId);
    expect(session).toMatchObject({ state: "FAILED", stateReason: "the JVM is gone" });
  });

  test("is not one whose code raises an error of that name: the session goes on", async () => {
    expect(await ended(code("end", { ...lost, driverLost: null }))).toMatchObject(told);
    await service.sessionIn(sessionId, "IDLE");
    expect(await ended("quick")).toMatchObject({ state: "COMPLETED" });
  });
});

describe("a supervisor that is killed", () => {
  test("fails its calculation with its session", async () => {
    const calculation = await killedUnder(() => undefined);
    const session = await service.sessions.get(sessionId);
    expect(calculation).toMatchObject({ state: "FAILED", stateReason: expect.stringMatching(unexpected) as string });
    expect(session).toMatchObject({ state: "FAILED", stateReason: calculation.stateReason });
  });

  test("while its calculation is stopped: that is CANCELED, with the same reason", async () => {
    const calculation = await killedUnder((id) => drivers.store.calculations.cancel(id));
    const session = await service.sessions.get(sessionId);
    expect(calculation).toMatchObject({ state: "CANCELED", stateReason: expect.stringMatching(unexpected) as string });
    expect(session).toMatchObject({ state: "FAILED", stateReason: calculation.stateReason });
  });

  test("while its session is terminated: that ends as any other", async () => {
    const terminating = { at: Date.now(), reason: sessionTerminated };
    const calculation = await killedUnder(() =>
      drivers.store.sessions.transition(sessionId, "TERMINATING", terminating),
    );
    await isTerminated(calculation);
  });

  test("in the moment in which its session is terminated: the same", async () => {
    const { sessions } = drivers.store;
    const transition = sessions.transition.bind(sessions);
    sessions.transition = async (id, to, change) => {
      sessions.transition = transition;
      if (to === "FAILED") await transition(id, "TERMINATING", { at: Date.now(), reason: sessionTerminated });
      return transition(id, to, change);
    };
    await isTerminated(await killedUnder(() => undefined));
  });

  async function isTerminated(calculation: object) {
    const stateReason = "Calculation was canceled because its session was terminated";
    expect(calculation).toMatchObject({ state: "CANCELED", stateReason });
    const session = await service.sessions.get(sessionId);
    expect(session).toMatchObject({ state: "TERMINATED", stateReason: sessionTerminated });
  }
});
