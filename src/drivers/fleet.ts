import { newDriverId, newSecret } from "../domain/ids.ts";
import { settlesWithin } from "../lib/settles-within.ts";
import type { DriverRow } from "../store/types.ts";
import { AttendedDriver, type DriverDeps } from "./driver.ts";
import { protocolVersion } from "./messages.ts";
import type { Place } from "./place.ts";
import { newTag } from "./tag.ts";
import type { Driver, Drivers, LaunchSpec, SessionDriver } from "./types.ts";

export interface FleetDeps extends DriverDeps {
  place: Place;
  nodeId: string;
  now: () => number;
}

/** A store that does not take the end of a dead driver within this time takes it later. */
const burialMs = 5_000;

/**
 * All drivers of this server. `launch` and `adoptAll` differ only in where the driver comes from. A row is stored before its driver is started, and the driver
 * carries the row's tag, so whatever moment the server dies at, the next one finds both or neither.
 */
export class Fleet implements Drivers {
  readonly #deps: FleetDeps;
  readonly #drivers = new Map<string, AttendedDriver>();
  readonly #bySession = new Map<string, AttendedDriver>();
  /** Sessions whose drivers are in places that this server does not reach. */
  readonly #elsewhere = new Set<string>();

  constructor(deps: FleetDeps) {
    this.#deps = deps;
  }

  async launch(spec: LaunchSpec): Promise<Driver> {
    const { store, place } = this.#deps;
    const row = this.#newRow(spec);
    await store.insert(row);
    try {
      const handle = await place.start(row, spec);
      await store.placed(row.id, handle);
      return this.#attend({ ...row, handle });
    } catch (error) {
      try {
        await place.at(row).kill();
      } finally {
        await store.ended(row.id); // what could not be killed now is a stray, for `sweep`
      }
      throw error;
    }
  }

  /**
   * Takes over every driver that the store believes alive, living or dead: the dead ones deliver the rest of their journal and are `lost`. A row whose driver
   * was never started, as a server leaves it that dies just before, has nothing to deliver: it is ended, and its session can be started again.
   * Resolves when the dead ones are told of, or after a while: nobody shall see the state that they died in.
   */
  async adoptAll(): Promise<Driver[]> {
    const { store, place } = this.#deps;
    const all = await store.live();
    for (const { sessionId, place: name } of all)
      if (sessionId !== null && name !== place.name) this.#elsewhere.add(sessionId);
    const rows = all.filter((row) => row.place === place.name);
    const found = await place.find(rows);
    const adopted: AttendedDriver[] = [];
    const dead: AttendedDriver[] = [];
    // The oldest first: of a session's drivers the latest is the one that serves it.
    for (const [n, row] of rows.entries()) {
      const what = found[n];
      if (what === undefined || what.state === "never started") {
        // One driver that cannot be cleared away keeps no server from starting.
        await place
          .at(row)
          .clear()
          .catch(() => undefined);
        await store.ended(row.id);
        continue;
      }
      await store.placed(row.id, what.handle);
      const driver = this.#attend({ ...row, handle: what.handle });
      (what.state === "alive" ? adopted : dead).push(driver);
    }
    await settlesWithin(Promise.allSettled(dead.map((driver) => driver.finished)), burialMs);
    return adopted;
  }

  /** Ends every driver of its place that belongs to this data folder and that it does not attend, and removes what such drivers left. Answers how many it ended. */
  async sweep(): Promise<number> {
    return this.#deps.place.sweep(() => this.#deps.store.live());
  }

  ofSession(sessionId: string): SessionDriver {
    const driver = this.#bySession.get(sessionId);
    if (driver) return { is: "alive", driver };
    return { is: this.#elsewhere.has(sessionId) ? "elsewhere" : "unknown" };
  }

  /** How many drivers it attends, by whether it is connected to them just now. */
  counts(): { connected: number; unconnected: number } {
    const drivers = [...this.#drivers.values()];
    const connected = drivers.filter((driver) => driver.isConnected).length;
    return { connected, unconnected: drivers.length - connected };
  }

  give(driverId: string, sessionId: string): Driver | undefined {
    const driver = this.#drivers.get(driverId);
    if (!driver) return undefined;
    driver.serve(sessionId);
    this.#bySession.set(sessionId, driver);
    return driver;
  }

  async takeBack(driverId: string): Promise<void> {
    const driver = this.#drivers.get(driverId);
    if (driver) {
      this.#forgetSession(driver);
      driver.serve(null);
    }
    await this.#deps.store.unclaim(driverId);
  }

  async endAll(graceMs: number): Promise<void> {
    await Promise.allSettled([...this.#drivers.values()].map((driver) => driver.end(graceMs)));
  }

  /** Lets go of all drivers and leaves them running. */
  async detachAll(): Promise<void> {
    await Promise.allSettled([...this.#drivers.values()].map((driver) => driver.detach()));
  }

  #newRow(spec: LaunchSpec): DriverRow {
    const { place, nodeId, now } = this.#deps;
    const id = newDriverId();
    return {
      id,
      sessionId: spec.sessionId,
      engineId: spec.engine.id,
      place: place.name,
      handle: place.handleFor(id),
      token: newSecret(),
      tag: newTag(nodeId, id),
      protocol: protocolVersion,
      fingerprint: spec.pool?.fingerprint ?? "",
      ackedSeq: 0,
      state: "live",
      createdAt: now(),
    };
  }

  #attend(row: DriverRow): AttendedDriver {
    const driver = new AttendedDriver(row, this.#deps.place.at(row), this.#deps);
    this.#drivers.set(row.id, driver);
    if (row.sessionId !== null) this.#bySession.set(row.sessionId, driver);
    driver.finished.finally(() => this.#forget(driver)).catch(() => undefined); // `finished` never rejects
    return driver;
  }

  #forget(driver: AttendedDriver): void {
    this.#drivers.delete(driver.id);
    this.#forgetSession(driver);
  }

  #forgetSession(driver: AttendedDriver): void {
    const { sessionId } = driver;
    if (sessionId !== null && this.#bySession.get(sessionId) === driver) this.#bySession.delete(sessionId);
  }
}
