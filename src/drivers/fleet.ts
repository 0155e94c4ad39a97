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

/**
 * `adoptAll` waits this long for the store to take the ends of dead drivers. A slower store takes them later.
 */
const burialMs = 5_000;

/**
 * All drivers of this server. `launch` and `adoptAll` differ only in where the driver comes from. A driver's
 * row is stored before the driver is started, and the driver carries the row's tag. So whatever moment the
 * server dies at, the next server finds both the row and the driver, or neither.
 */
export class Fleet implements Drivers {
  readonly #deps: FleetDeps;
  readonly #drivers = new Map<string, AttendedDriver>();
  readonly #bySession = new Map<string, AttendedDriver>();
  /** Ids of sessions whose drivers are in places that this server does not reach. */
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
        await store.ended(row.id); // a process that could not be killed now is a stray, which `sweep` ends
      }
      throw error;
    }
  }

  /**
   * Takes over every driver that the store believes alive, living or dead. A dead driver delivers the rest of
   * its journal and is then `lost`. A driver whose server died just before starting it has nothing to
   * deliver: its row is ended, and its session can be started again. Resolves when the ends of the dead
   * drivers have been delivered, or after 5 s, because clients should not see the state that a session had
   * before its driver died. Answers the living drivers.
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
    // Rows come oldest first. If a session has several drivers, the latest serves it, and the latest is
    // attended to last.
    for (const [n, row] of rows.entries()) {
      const what = found[n];
      if (what === undefined || what.state === "never started") {
        // A driver's files that cannot be removed must not keep the server from starting.
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

  /**
   * Ends every driver in this server's place that belongs to this data folder and that the store does not
   * list as live, and removes what those drivers left. Answers how many drivers it ended.
   */
  async sweep(): Promise<number> {
    return this.#deps.place.sweep(() => this.#deps.store.live());
  }

  ofSession(sessionId: string): SessionDriver {
    const driver = this.#bySession.get(sessionId);
    if (driver) return { is: "alive", driver };
    return { is: this.#elsewhere.has(sessionId) ? "elsewhere" : "unknown" };
  }

  /** How many drivers this server attends to, by whether it is connected to them at this moment. */
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

  /** Stops attending to all drivers and leaves them running. */
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
