// Runs every pair of operations on one session at once, with their steps in the orders that fast-check
// generates. A failure prints the seed and the schedule.
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { calculationTransitions, isCalculationOver } from "../../src/domain/calculation-state.ts";
import type { Calculation, Session } from "../../src/domain/entities.ts";
import { isSessionOver, sessionTransitions } from "../../src/domain/session-state.ts";
import { waitFor } from "../support/wait-for.ts";
import { Stage } from "./stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open();
});
afterAll(() => stage[Symbol.asyncDispose]());

type Operation = (session: Session) => Promise<unknown>;
const driverOf = ({ id }: Session) => stage.drivers.ofSession(id).driver;
const runningOf = async ({ id }: Session) => (await stage.store.calculations.current(id))?.id ?? "";

const operations = {
  "the driver is ready": async (session) => driverOf(session)?.ready(),
  "start calculation": ({ id }) => stage.calculate(id),
  "run a calculation": async (session) => {
    const calculation = await stage.calculate(session.id);
    await driverOf(session)?.quiet();
    driverOf(session)?.finish();
    return calculation;
  },
  "stop calculation": async (session) => {
    const running = await runningOf(session);
    return running === "" ? undefined : stage.calculations.stop(running);
  },
  "the calculation finishes": async (session) => driverOf(session)?.finish(),
  terminate: ({ id }) => stage.sessions.terminate(id),
  "idle timeout": async ({ id, idleSinceAt }) => {
    const since = (await stage.sessions.get(id)).idleSinceAt ?? idleSinceAt ?? 0;
    return { since, ...(await stage.sessions.terminate(id, { idleSinceAt: since })) };
  },
  "the driver dies": async (session) => driverOf(session)?.die(),
  adopt: async (session) => driverOf(session)?.reconnect(),
  "the driver is silent": async (session) => driverOf(session)?.silent(true),
  "the driver is heard": async (session) => driverOf(session)?.silent(false),
  reconcile: () => stage.reconcile(),
} satisfies Record<string, Operation>;
/**
 * How many steps of other operations each operation lets pass before its own first step. Without bias, a wait
 * of 0 is as likely as any other.
 */
const waits = fc.noBias(fc.array(fc.integer({ min: 0, max: 10 }), { minLength: 4, maxLength: 4 }));

type Name = keyof typeof operations;

/**
 * These two operations race within a window of one step: a Stop may come before its calculation has reached
 * the driver. The pair gets more runs, to hit that window.
 */
const narrow: Name[] = ["start calculation", "stop calculation"];
const starts = ["start calculation", "run a calculation"];
const always: Name[] = ["start calculation", "terminate", "the driver dies", "adopt", "reconcile"];
const silence: Name[] = ["the driver is silent", "the driver is heard"];
const cases = {
  creating: ["the driver is ready", ...always],
  idle: ["run a calculation", "stop calculation", "idle timeout", ...always, ...silence],
  busy: ["stop calculation", "the calculation finishes", "idle timeout", ...always, ...silence],
} satisfies Record<string, Name[]>;

for (const [state, names] of Object.entries(cases) as [keyof typeof cases, Name[]][]) {
  const pairs = names.flatMap((one, n) => names.slice(n).map((other) => [one, other] as const));

  test.each(pairs)(`${state} session: %s / %s`, { timeout: 60_000 }, async (...pair) => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), waits, (scheduler, wait) => raceEndsWell(scheduler, state, pair, wait)),
      { numRuns: pair.every((name) => narrow.includes(name)) ? 150 : 25 },
    );
  });

  test(`${state} session: any four at once`, { timeout: 60_000 }, async () => {
    const some = fc.array(fc.constantFrom(...names), { minLength: 3, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), some, waits, (scheduler, chosen, wait) =>
        raceEndsWell(scheduler, state, chosen, wait),
      ),
      { numRuns: 120 },
    );
  });
}

describe("a session that is being started", () => {
  test("while the server reconciles: it gets one driver", { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), waits, async (scheduler, wait) => {
        const start = () => stage.sessions.start({ WorkGroup: "primary", EngineConfiguration: {} });
        const [started] = await stage.race(scheduler, [start, () => stage.reconcile()], wait);
        const { id } = (started as PromiseFulfilledResult<Session>).value;
        await waitFor("a driver", () => stage.drivers.ofSession(id).driver, { everyMs: 1 });
        await endsWell(await stage.sessions.get(id));
        expect(stage.drivers.of(id)).toHaveLength(1);
      }),
      { numRuns: 120 },
    );
  });
});

async function raceEndsWell(
  scheduler: fc.Scheduler,
  state: "creating" | "idle" | "busy",
  names: readonly Name[],
  wait: readonly number[],
): Promise<void> {
  const session = await stage.session(state);
  const answers = await stage.race(
    scheduler,
    names.map((name) => () => operations[name](session)),
    wait,
  );
  const started = names.flatMap((name, n) => {
    const answer = answers[n];
    if (!starts.includes(name)) {
      if (answer?.status === "rejected") throw answer.reason;
      return [];
    }
    if (answer?.status === "fulfilled") return [answer.value as Calculation];
    expect(String(answer?.reason)).toMatch(/Session is in the \w+ state; needs to be IDLE/);
    return [];
  });
  await endsWell(session);
  const stored = await stage.store.calculations.list({
    sessionId: session.id,
    state: undefined,
    after: undefined,
    limit: 99,
  });
  for (const { id } of started) expect(stored.map((one) => one.id)).toContain(id);
  if (state === "idle" && names.every((name) => name === "start calculation")) expect(started).toHaveLength(1);
  if (names.includes("terminate")) return;
  const timeouts = answers.filter((_, n) => names[n] === "idle timeout") as PromiseFulfilledResult<TimedOut>[];
  wasIdle(
    timeouts.map(({ value }) => value),
    stored,
  );
}

type TimedOut = Session & { since: number };

/**
 * Checks that a session that was ended for its idleness had been idle since then: no calculation ended later.
 * If there were several timeouts, any of them may have ended the session.
 */
function wasIdle(timeouts: readonly TimedOut[], calculations: readonly Calculation[]): void {
  const since = Math.max(...timeouts.filter(({ state }) => state === "TERMINATING").map((one) => one.since));
  if (since === -Infinity) return;
  const completed = calculations.filter((one) => one.state === "COMPLETED").map(({ completedAt }) => completedAt ?? 0);
  expect(Math.max(since, ...completed)).toBe(since);
}

/**
 * Checks that the session, when nothing is under way any more, is either usable or over. If it is usable,
 * terminates it and checks that it frees its place in the quota.
 */
async function endsWell({ id }: Session): Promise<void> {
  await stage.quiet(id);
  const drivers = stage.drivers.of(id);
  let { state } = await stage.sessions.get(id);
  if (state === "CREATING") await settle(() => drivers.at(-1)?.ready());
  if (state === "DEGRADED") await settle(() => drivers.at(-1)?.silent(false));
  state = (await stage.sessions.get(id)).state;
  if (isSessionOver(state)) {
    expect(await stage.store.calculations.current(id)).toBeUndefined();
    expect(drivers.every((driver) => driver.isLost)).toBe(true);
  } else {
    expect(["IDLE", "BUSY"]).toContain(state);
    await isUsable(id);
    await stage.sessions.terminate(id);
    await settle();
    expect((await stage.sessions.get(id)).state).toBe("TERMINATED");
  }
  expect(drivers.every((driver) => driver.isLost)).toBe(true);
  expect(stage.drivers.ofSession(id).driver).toBeUndefined();
  expectAlongTheTables();
  expect(stage.errors).toEqual([]);

  async function settle(step: () => unknown = () => undefined): Promise<void> {
    await step();
    await stage.quiet(id);
  }

  async function isUsable(sessionId: string): Promise<void> {
    const driver = stage.drivers.ofSession(sessionId).driver;
    const current = await stage.store.calculations.current(sessionId);
    // A calculation that is RUNNING in the store runs in the driver, and none is left in CANCELING.
    expect(current?.id ?? null).toBe(driver?.current ?? null);
    expect(current?.state ?? "RUNNING").toBe("RUNNING");
    if (current) {
      await settle(() => driver?.finish());
      expect((await stage.calculations.get(current.id)).state).toBe("COMPLETED");
    }
    const { id: next } = await stage.calculate(sessionId);
    await settle();
    await settle(() => driver?.finish());
    expect((await stage.calculations.get(next)).state).toBe("COMPLETED");
    expect((await stage.sessions.get(sessionId)).state).toBe("IDLE");
  }
}

/**
 * Checks that all changes of states are allowed by the tables in src/domain, and that nothing ended twice.
 */
function expectAlongTheTables(): void {
  const ends = new Map<string, number>();
  for (const { kind, id, before, after } of stage.changes()) {
    const table: Record<string, readonly string[]> = kind === "session" ? sessionTransitions : calculationTransitions;
    expect(table[before], `${kind}: ${before} → ${after}`).toContain(after);
    const isOver = kind === "session" ? isSessionOver(after as never) : isCalculationOver(after as never);
    if (isOver) ends.set(id, (ends.get(id) ?? 0) + 1);
  }
  expect([...ends.values()].every((times) => times === 1)).toBe(true);
}
