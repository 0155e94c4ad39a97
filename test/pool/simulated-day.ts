// Simulates a day of 10,000 sessions over drivers that are not processes, within seconds: how the pool
// handles the demand of a day. Used by a test and by a benchmark.
import assert from "node:assert/strict";
import type { PoolBounds } from "../../src/domain/pool-size.ts";
import type { Driver, DriverListener, LaunchSpec } from "../../src/drivers/types.ts";
import { changeHub } from "../../src/lib/change-hub.ts";
import { Pool } from "../../src/pool/pool.ts";
import { PoolReports } from "../../src/pool/reports.ts";
import { noLogs } from "../drivers/fake-drivers.ts";

export interface SimulatedDay {
  readonly sessions: number;
  /** How many sessions got a member. */
  readonly hits: number;
  readonly launched: number;
  /** How many members ended unused. */
  readonly ended: number;
  /** How many members there are after each event. `hour` is in hours since the day began. */
  readonly sizes: readonly { hour: number; size: number; booting: number }[];
  /** How many members are left after the pool was closed. */
  readonly left: number;
}

const sessions = 10_000;
const bootMs = 6_000;
const hour = 3600_000;

export async function simulateDay(bounds: PoolBounds): Promise<SimulatedDay> {
  const day = new Day();
  const silent = () => undefined;
  const shared = { hub: changeHub(), now: () => day.now, log: { info: silent, warn: silent, error: silent } };
  const reports = new PoolReports(shared);
  const drivers = new DayDrivers(day, reports.members.listener);
  const pool = new Pool({ ...shared, ...settings, drivers, reports, bounds });

  const begin = day.now;
  const used = new Set<string>();
  const start = async (n: number) => {
    using offer = await pool.offer({ engineId: "3.5", sparkConf: {} });
    offer.started();
    const [driverId] = offer.drivers;
    const taken = driverId === undefined ? undefined : offer.take(driverId, `s${String(n)}`);
    if (!taken) return;
    assert(!used.has(taken.driver.id), "a member was used twice");
    used.add(taken.driver.id);
  };
  starts(begin).forEach((at, n) => {
    day.at(at, () => start(n));
  });
  // The reviews that the pool makes by itself every 5 s.
  for (let at = begin; at < begin + 25 * hour; at += 5_000) day.at(at, () => undefined);
  const sizes: { hour: number; size: number; booting: number }[] = [];
  await day.pass(async () => {
    await pool.review();
    await pool.review(); // members that the first review ended are gone by now
    const { members } = pool.status();
    const booting = members.filter(({ state }) => state === "booting").length;
    sizes.push({ hour: (day.now - begin) / hour, size: members.length, booting });
  });
  await pool.close();
  const { launched, ended } = drivers;
  return { sessions, hits: used.size, launched, ended, sizes, left: drivers.members.size };
}

const engine = {
  id: "3.5",
  python: "p",
  java: "j",
  sparkHome: "s",
  jars: [],
  jvmFlags: [],
  stamp: "",
  with: [],
} as const;

const settings = {
  findEngine: () => Promise.resolve(engine),
  pathOf: (uri: string) => uri,
  facts: { driverMemoryMb: 1, driverCores: 1, isolation: "process", network: "host", buckets: "/" },
  defaultEngine: "3.5",
  bootDeadlineMs: 60_000,
  memory: () => ({ totalMb: 64_000, availableMb: 32_000 }),
  canRaisePriority: true,
} as const;

/** Runs events in the order of their times. The time moves only from one event to the next. */
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

/**
 * Drivers that are not processes. A driver is ready six seconds after its launch, and gone as soon as it is
 * ended.
 */
class DayDrivers {
  readonly members = new Map<string, Driver>();
  launched = 0;
  ended = 0;
  readonly #day: Day;
  readonly #listener: DriverListener;

  constructor(day: Day, listener: DriverListener) {
    this.#day = day;
    this.#listener = listener;
  }

  launch(spec: LaunchSpec): Promise<Driver> {
    assert.equal(spec.sessionId, null);
    const id = `d${String(++this.launched)}`;
    const nothing = () => undefined;
    const driver: Driver = {
      ...{ id, sessionId: null, isFromPool: true, logs: noLogs, finished: new Promise<null>(nothing) },
      ...{ assign: nothing, claim: nothing, pause: nothing, resume: nothing, run: nothing, stop: nothing },
      executors: () => Promise.resolve([]),
      queries: () => Promise.resolve([]),
      end: () => {
        if (this.members.delete(id)) this.ended++;
        return Promise.resolve();
      },
    };
    this.members.set(id, driver);
    const versions = { sparkVersion: "", pythonVersion: "", javaVersion: "", applicationId: "" };
    this.#day.at(this.#day.now + bootMs, () => {
      const ready = { type: "ready", seq: 2, at: this.#day.now, ...versions, jvmPid: 1, runnerPid: 1, bootMs } as const;
      return this.members.has(id) ? this.#listener.event(driver, ready) : undefined;
    });
    return Promise.resolve(driver);
  }

  give(driverId: string): Driver | undefined {
    const driver = this.members.get(driverId);
    this.members.delete(driverId);
    return driver;
  }
}

/** A random generator that gives the same numbers in every run. */
function random(seed: number): () => number {
  return () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
}

/**
 * The times at which the sessions of a day are started. From midnight to 6 h none is started, and most are
 * started between 8 h and 18 h. A tenth of the starts come in bursts of up to six.
 */
function starts(from: number): number[] {
  const next = random(42);
  const times: number[] = [];
  while (times.length < sessions) {
    const clock = next() * 24;
    if (next() > (clock < 6 ? 0 : clock > 8 && clock < 18 ? 1 : 0.2)) continue;
    const at = from + clock * hour;
    const together = next() < 0.1 ? Math.ceil(next() * 6) : 1;
    for (let n = 0; n < together && times.length < sessions; n++) times.push(at + n * 20);
  }
  return times.sort((one, other) => one - other);
}
