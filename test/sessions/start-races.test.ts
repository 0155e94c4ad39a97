// Simultaneous calls of StartSession: one token makes one session, and the quotas hold.
import type { StartSessionRequest } from "@aws-sdk/client-athena";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { activeSessionStates } from "../../src/domain/session-state.ts";
import { Refusal } from "../../src/domain/refusal.ts";
import { FakeDrivers } from "../drivers/fake-drivers.ts";
import { openSessionServer, type SessionServer } from "./session-server.ts";

let drivers: FakeDrivers;
let service: SessionServer;

beforeEach(async () => {
  drivers = await FakeDrivers.open();
  service = await openSessionServer(drivers, {
    rules: { maxSessions: 2 },
    starts: { maxStartingSessions: 2, memory: undefined },
  });
});
afterEach(async () => {
  await service.sessions.terminateAll();
  await service.detach();
  await drivers[Symbol.asyncDispose]();
});

const tokenOf = (name: string) => name.padEnd(32, "-");
const start = (more: Partial<StartSessionRequest> = {}) =>
  service.sessions.start({ WorkGroup: "primary", EngineConfiguration: {}, ...more });
const fifty = (more: (n: number) => Partial<StartSessionRequest>) =>
  Promise.allSettled(Array.from({ length: 50 }, (_, n) => start(more(n))));
type Outcomes = Awaited<ReturnType<typeof fifty>>;
const ids = (outcomes: Outcomes) => outcomes.flatMap((one) => (one.status === "fulfilled" ? [one.value.id] : []));
const refusals = (outcomes: Outcomes) =>
  outcomes.flatMap((one) => (one.status === "rejected" ? [`${kindOf(one.reason)}: ${String(one.reason)}`] : []));
const kindOf = (error: unknown) => (error instanceof Refusal ? error.kind : "?");
const active = async () => (await drivers.store.sessions.inStates(activeSessionStates)).map(({ id }) => id);
const full = "tooMany: Refusal: Maximum allowed sessions reached (2)";

describe("50 calls with one token", { timeout: 60_000 }, () => {
  test("make one session with one driver, and all are told its id", async () => {
    const made = ids(await fifty(() => ({ ClientRequestToken: tokenOf("one") })));
    expect(made).toHaveLength(50);
    expect(new Set(made).size).toBe(1);
    await service.sessionIn(made[0]!, "IDLE");
    expect((await drivers.store.drivers.live()).map(({ sessionId }) => sessionId)).toEqual([made[0]]);
    expect(await active()).toEqual([made[0]]);
  });

  test("that take the last place: it is taken once, and none of them is told that it is gone", async () => {
    await start();
    const outcomes = await fifty(() => ({ ClientRequestToken: tokenOf("last") }));
    expect(refusals(outcomes)).toEqual([]);
    expect(new Set(ids(outcomes)).size).toBe(1);
    expect(await active()).toHaveLength(2);
    // The quota is full now. The retry with the same token is answered all the same.
    expect((await start({ ClientRequestToken: tokenOf("last") })).id).toBe(ids(outcomes)[0]);
  });

  test("while all places are taken: all are refused, and the token can be used later", async () => {
    const first = await start();
    await start();
    const late = { ClientRequestToken: tokenOf("late") };
    const refused = refusals(await fifty(() => late));
    expect(refused).toEqual(new Array(50).fill(full));
    await service.sessions.terminate(first.id);
    const made = new Set(ids(await fifty(() => late)));
    expect(made.size).toBe(1);
    expect(await active()).toHaveLength(2);
  });

  test("of which half say something else: the first one's half learns its id, the others that they do not match", async () => {
    const outcomes = await fifty((n) => ({
      ClientRequestToken: tokenOf("two"),
      Description: n % 2 === 0 ? "this" : "that",
    }));
    expect(new Set(ids(outcomes)).size).toBe(1);
    expect(ids(outcomes)).toHaveLength(25);
    const mismatch = "tokenMismatch: Refusal: Idempotent parameters do not match";
    expect(refusals(outcomes)).toEqual(new Array(25).fill(mismatch));
    expect(await active()).toHaveLength(1);
  });
});

test("50 calls for one notebook: one session, which all others are told of", { timeout: 60_000 }, async () => {
  await drivers.store.notebooks.insert(
    { id: "n", workGroup: "primary", name: "n", createdAt: 1, modifiedAt: 1 },
    "{}",
    undefined,
  );
  const outcomes = await fifty(() => ({
    NotebookVersion: "Athena notebook version 1",
    EngineConfiguration: { AdditionalConfigs: { NotebookId: "n" } },
  }));
  expect(ids(outcomes)).toHaveLength(1);
  const told = "sessionExists: Refusal: Notebook n already has an active session";
  expect(refusals(outcomes)).toEqual(new Array(49).fill(told));
});

describe("50 calls", { timeout: 60_000 }, () => {
  test("fill the quota and not more, and what is terminated meanwhile is filled again", async () => {
    const first = await fifty(() => ({}));
    expect(ids(first)).toHaveLength(2);
    expect(refusals(first)).toEqual(new Array(48).fill(full));
    const [outcomes] = await Promise.all([
      fifty(() => ({})),
      ...ids(first).map((id) => service.sessions.terminate(id)),
    ]);
    const second = ids(outcomes);
    expect(second.length).toBeLessThanOrEqual(2);
    expect((await active()).sort()).toEqual(second.sort());
    // When the calls above returned, both terminated sessions had freed their places.
    expect(ids(await fifty(() => ({})))).toHaveLength(2 - second.length);
  });

  test("that are retried once each, with a token each: every token has one answer", async () => {
    const tokens = (n: number) => ({ ClientRequestToken: tokenOf(`call ${String(n % 25)}`) });
    const outcomes = await fifty(tokens);
    const answers = new Map<number, Set<string>>();
    outcomes.forEach((one, n) => {
      const answer = one.status === "fulfilled" ? one.value.id : "refused";
      answers.set(n % 25, (answers.get(n % 25) ?? new Set()).add(answer));
    });
    expect([...answers.values()].filter((each) => !each.has("refused"))).toHaveLength(2);
    for (const each of answers.values()) expect(each.size).toBe(1);
  });
});
