import { expect, test } from "vitest";
import type { Driver, DriverListener, LaunchSpec } from "../../src/drivers/types.ts";
import { changeHub } from "../../src/lib/change-hub.ts";
import { Pool } from "../../src/pool/pool.ts";

const bootMs = 6_000;
const hour = 3600_000;

/** Events in the order of their times; time passes only from one to the next. */
class Day {
  now = Date.UTC(2026, 10, 24);
  readonly #events: { at: number; run: () => void | Promise<void> }[] = [];

  at(at: number, run: () => void | Promise<void>): void {
    let place = this.#events.length;
    while (place > 0 && (this.#events[place - 1]?.at ?? 0) > at) place--;
    this.#events.splice(place, 0, { at, run });
  }

  async pass(afterEach: () => Promise<void>): Promise<void> {
    for (let next = this.#events.shift(); next; next = this.#events.shift()) {
      this.now = next.at;
      await next.run();
      await afterEach();
    }
  }
}

/** Drivers without processes: ready six seconds after their launch, gone when they are ended. */
class DayDrivers {
  readonly members = new Map<string, Driver>();
  launched = 0;
  ended = 0;
  readonly #day: Day;
  listener: DriverListener | undefined;

  constructor(day: Day) {
    this.#day = day;
  }

  launch(spec: LaunchSpec): Promise<Driver> {
    expect(spec.sessionId).toBeNull();
    const id = `d${String(++this.launched)}`;
    const nothing = () => undefined;
    const driver: Driver = {
      ...{ id, sessionId: null, isFromPool: true, folder: "/", finished: new Promise<void>(nothing) },
      ...{ assign: nothing, claim: nothing, pause: nothing, resume: nothing, run: nothing, stop: nothing },
      executors: () => Promise.resolve([]),
      end: () => {
        if (this.members.delete(id)) this.ended++;
        return Promise.resolve();
      },
    };
    this.members.set(id, driver);
    const versions = { sparkVersion: "", pythonVersion: "", javaVersion: "", applicationId: "" };
    this.#day.at(this.#day.now + bootMs, () => {
      const ready = { type: "ready", seq: 2, at: this.#day.now, ...versions, jvmPid: 1, runnerPid: 1, bootMs } as const;
      return this.members.has(id) ? this.listener?.event(driver, ready) : undefined;
    });
    return Promise.resolve(driver);
  }

  give(driverId: string): Driver | undefined {
    const driver = this.members.get(driverId);
    this.members.delete(driverId);
    return driver;
  }
}

/** The same numbers in every run. */
function random(seed: number): () => number {
  return () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
}

/** When 10,000 sessions of a day are started: none at night, most in working hours, some of them in bursts, with quiet hours between. */
function starts(from: number): number[] {
  const next = random(42);
  const times: number[] = [];
  while (times.length < 10_000) {
    const clock = next() * 24;
    if (next() > (clock < 6 ? 0 : clock > 8 && clock < 18 ? 1 : 0.2)) continue;
    const at = from + clock * hour;
    const together = next() < 0.1 ? Math.ceil(next() * 6) : 1;
    for (let n = 0; n < together && times.length < 10_000; n++) times.push(at + n * 20);
  }
  return times.sort((one, other) => one - other);
}

test("a day of 10,000 sessions: the pool follows the demand, within its bounds, and nothing is left", async () => {
  const day = new Day();
  const drivers = new DayDrivers(day);
  const silent = () => undefined;
  const pool = new Pool({
    drivers: { launch: (spec) => drivers.launch(spec), give: (id) => drivers.give(id) },
    findEngine: () =>
      Promise.resolve({ id: "3.5", python: "p", java: "j", sparkHome: "s", jars: [], jvmFlags: [], stamp: "" }),
    pathOf: (uri) => uri,
    facts: { heapMb: 1, cores: 1, isolation: "process", network: "host", buckets: "/" },
    defaultEngine: "3.5",
    bounds: { min: 1, max: 6 },
    bootDeadlineMs: 60_000,
    memory: () => ({ totalMb: 64_000, availableMb: 32_000 }),
    canRaisePriority: true,
    hub: changeHub(),
    now: () => day.now,
    log: { info: silent, warn: silent, error: silent },
  });
  drivers.listener = pool.listener;

  let hits = 0;
  const used = new Set<string>();
  const start = async (n: number) => {
    using offer = await pool.offer({ engineId: "3.5", sparkConf: {} });
    const [driverId] = offer.drivers;
    const taken = driverId === undefined ? undefined : offer.take(driverId, `s${String(n)}`);
    if (!taken) return;
    hits++;
    expect(used.has(taken.driver.id)).toBe(false);
    used.add(taken.driver.id);
  };
  const begin = day.now;
  const sizes: { hour: number; size: number }[] = [];
  starts(begin).forEach((at, n) => {
    day.at(at, () => start(n));
  });
  // The looks that the pool takes by itself.
  for (let at = begin; at < begin + 25 * hour; at += 5_000) day.at(at, () => undefined);
  await day.pass(async () => {
    await pool.review();
    await pool.review(); // what the first has ended is gone by now
    const { members } = pool.status();
    expect(members.length).toBeLessThanOrEqual(6);
    expect(members.filter(({ state }) => state === "booting").length).toBeLessThanOrEqual(1);
    sizes.push({ hour: (day.now - begin) / hour, size: members.length });
  });

  const during = (from: number, to: number) =>
    sizes.filter((one) => one.hour >= from && one.hour < to).map(({ size }) => size);
  const share = (of: number[], size: number) => of.filter((one) => one === size).length / of.length;
  // A member that becomes old has its successor beside it for a moment.
  expect(share(during(1, 6), 1)).toBeGreaterThan(0.95);
  expect(Math.max(...during(9, 18))).toBe(6);
  expect(share(during(24.5, 25), 1)).toBeGreaterThan(0.95);
  // In working hours sessions come faster than one member after the other can boot.
  expect(hits / 10_000).toBeGreaterThan(0.6);
  await pool.close();
  expect(drivers.members.size).toBe(0);
  expect(drivers.launched).toBe(hits + drivers.ended);
}, 120_000);
