import { readdir } from "node:fs/promises";
import { isDriverId } from "../domain/ids.ts";
import { settlesWithin } from "../lib/settles-within.ts";
import type { DriverRow } from "../store/types.ts";
import { attemptOwners } from "./attempts.ts";
import { AttendedDriver, type DriverDeps } from "./driver.ts";
import { removeRemains } from "./ending.ts";
import { hasJournal } from "./journal.ts";
import { driverPaths, newDriverRow, startSupervisor, tagPrefix, type DriverSettings } from "./launch.ts";
import { isOfDataFolder } from "./own-processes.ts";
import { isAlive, killTagged, taggedProcesses, type ProcessName, type TaggedProcess } from "./processes.ts";
import type { Driver, Drivers, LaunchSpec } from "./types.ts";

export interface FleetDeps extends DriverDeps {
  settings: DriverSettings;
  now: () => number;
}

/** A store that does not take the end of a dead driver within this time takes it later. */
const burialMs = 5_000;

/**
 * All drivers of this server. `launch` and `adopt` differ only in where the process comes from. A row is stored before its process is started, and the process
 * carries the row's tag, so whatever moment the server dies at, the next one finds both or neither.
 */
export class Fleet implements Drivers {
  readonly #deps: FleetDeps;
  readonly #drivers = new Map<string, AttendedDriver>();
  readonly #bySession = new Map<string, AttendedDriver>();

  constructor(deps: FleetDeps) {
    this.#deps = deps;
  }

  async launch(spec: LaunchSpec): Promise<Driver> {
    const { store, settings, now } = this.#deps;
    const row = newDriverRow(spec, settings, now());
    await store.insert(row);
    try {
      const process = await startSupervisor(row, spec, settings);
      await store.spawned(row.id, process);
      return this.#attend(row, process);
    } catch (error) {
      try {
        await killTagged(row.tag, 10_000);
      } finally {
        await store.ended(row.id); // what could not be killed now is a stray, for `sweep`
      }
      throw error;
    }
  }

  /**
   * Takes over every driver that the store believes alive, living or dead: the dead ones deliver the rest of their journal and are `lost`. A row whose process
   * was never started, as a server leaves it that dies just before, has nothing to deliver: it is ended, and its session can be started again.
   * Resolves when the dead ones are told of, or after a while: nobody shall see the state that they died in.
   */
  async adoptAll(): Promise<Driver[]> {
    const { store, settings } = this.#deps;
    const rows = await store.live();
    const tagged = await taggedProcesses(tagPrefix(settings.nodeId));
    const adopted: AttendedDriver[] = [];
    const dead: AttendedDriver[] = [];
    // The oldest first: of a session's drivers the latest is the one that serves it.
    for (const row of rows) {
      const process = processOf(row, tagged) ?? (row.pid !== null || (await hasJournal(row.folder)) ? gone : undefined);
      if (!process) {
        await removeRemains(row, settings).catch(() => undefined); // one folder that cannot be removed keeps no server from starting
        await store.ended(row.id);
        continue;
      }
      if (row.pid === null) await store.spawned(row.id, process);
      const driver = this.#attend(row, process);
      (isAlive(process) ? adopted : dead).push(driver);
    }
    await settlesWithin(Promise.allSettled(dead.map((driver) => driver.finished)), burialMs);
    return adopted;
  }

  /**
   * Kills every process of a driver of its data folder that belongs to none that it attends, and removes what it left. Answers how many drivers that were.
   */
  async sweep(): Promise<number> {
    const { store, settings } = this.#deps;
    const tagged = await taggedProcesses("");
    const known = new Set((await store.live()).map((row) => row.tag));
    const strays = tagged.filter((process) => !known.has(process.tag) && isOfDataFolder(process, settings));
    const tags = new Set(strays.map((process) => process.tag));
    for (const tag of tags) await killTagged(tag, 10_000);
    await this.#removeRemainsOfStrays();
    return tags.size;
  }

  /**
   * Of those that an earlier server has killed, too, when it was killed itself just then, and of those whose rows are lost. A row is in the store before its
   * driver's socket exists, or a file of its jobs.
   */
  async #removeRemainsOfStrays(): Promise<void> {
    const { store, settings } = this.#deps;
    const sockets = await readdir(settings.socketsFolder);
    const owners = await attemptOwners(settings.bucketsFolder);
    // After those: the row of a driver that has been started meanwhile is among these.
    const live = new Set((await store.live()).map((row) => row.id));
    const ids = new Set([...sockets.map((name) => name.replace(/\.sock$/, "")), ...owners]);
    const strays = [...ids].filter((id) => isDriverId(id) && !live.has(id));
    const removals = strays.map((id) => removeRemains({ id, ...driverPaths(id, settings) }, settings));
    // What cannot be removed of one driver keeps nothing of the others.
    const failed = (await Promise.allSettled(removals)).find((removal) => removal.status === "rejected");
    if (failed) throw failed.reason;
  }

  ofSession(sessionId: string): Driver | undefined {
    return this.#bySession.get(sessionId);
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

  #attend(row: DriverRow, process: ProcessName): AttendedDriver {
    const driver = new AttendedDriver(row, process, this.#deps);
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

/** Stands for a process that has ended: there is no process 0. */
const gone: ProcessName = { pid: 0, startedTicks: 0 };

/**
 * The row's supervisor, if it lives. Pid and start time alone do not tell: both are small numbers that come again where pids begin anew, in a container that is
 * started with its machine. A row without a pid is of a server that died about the time of the spawn: the supervisor is then the tagged process whose parent is
 * not tagged, if there is one.
 */
function processOf(row: DriverRow, tagged: readonly TaggedProcess[]): ProcessName | undefined {
  const own = tagged.filter((process) => process.tag === row.tag);
  if (row.pid !== null)
    return own.find(({ pid, startedTicks }) => pid === row.pid && startedTicks === row.pidStartedTicks);
  return own.find((process) => !own.some((other) => other.pid === process.parentPid));
}
