import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { DriverEvent, Progress, Welcome } from "../../src/drivers/messages.ts";
import { Fleet, type FleetDeps } from "../../src/drivers/fleet.ts";
import { readHandle, supervisorOf, type LocalHandle } from "../../src/drivers/local/handle.ts";
import { LocalPlace } from "../../src/drivers/local/place.ts";
import { killTagged, type ProcessName } from "../../src/drivers/local/processes.ts";
import { tagPrefix } from "../../src/drivers/tag.ts";
import type { DriverLogs } from "../../src/drivers/logs.ts";
import type { Driver, DriverListener, LaunchSpec } from "../../src/drivers/types.ts";
import { openStore } from "../../src/store/store.ts";
import type { DriverRow, Store } from "../../src/store/types.ts";
import { waitFor } from "../support/wait-for.ts";

export const fakePython = fileURLToPath(new URL("../fixtures/drivers/fake-python", import.meta.url));

/** Records what the listener of a fleet is told, in order. */
export class Told implements DriverListener {
  readonly calls: string[] = [];
  readonly events: DriverEvent[] = [];
  readonly welcomes: Welcome[] = [];
  readonly failures: unknown[] = [];
  /**
   * The largest number of calls that were under way at once. More than one breaks the listener's contract.
   */
  most = 0;
  #open = 0;
  /** Called within each call of the listener. */
  during: (call: string) => Promise<void> = async () => undefined;

  connected = (_driver: Driver, welcome: Welcome) => {
    this.welcomes.push(welcome);
    return this.#call("connected");
  };
  event = (_driver: Driver, event: DriverEvent) => {
    this.events.push(event);
    return this.#call(event.type);
  };
  progress = (_driver: Driver, _progress: Progress) => this.#call("progress");
  silent = (_driver: Driver, isSilent: boolean) => this.#call(isSilent ? "silent" : "heard");
  lost = (_driver: Driver, reason: string) => this.#call(`lost: ${reason}`);

  count(call: string): number {
    return this.calls.filter((one) => one.startsWith(call)).length;
  }

  /** Waits until `call` has come `times` times. */
  async until(call: string, times = 1): Promise<void> {
    await waitFor(`${call} in ${this.calls.join(", ")}`, () => (this.count(call) >= times ? true : undefined), {
      withinMs: 8_000,
      everyMs: 5,
    });
  }

  async #call(call: string): Promise<void> {
    this.most = Math.max(this.most, ++this.#open);
    await this.during(call);
    this.calls.push(call);
    this.#open--;
  }
}

/**
 * A data folder with a store, and the fleets of one server after another on that folder. Their drivers are
 * fakes. Disposing of it ends all of its drivers.
 */
export class FakeDrivers implements AsyncDisposable {
  readonly folder: string;
  readonly store: Store;

  static async open(folder = mkdtempSync(join(tmpdir(), "glaux-fakes-"))): Promise<FakeDrivers> {
    for (const part of ["drivers", "d", "buckets"]) mkdirSync(join(folder, part), { recursive: true });
    return new FakeDrivers(folder, await openStore(":memory:"));
  }

  private constructor(folder: string, store: Store) {
    this.folder = folder;
    this.store = store;
  }

  get localPlace(): LocalPlace {
    return new LocalPlace({
      driversFolder: join(this.folder, "drivers"),
      socketsFolder: join(this.folder, "d"),
      bucketsFolder: join(this.folder, "buckets"),
      driverPackage: this.folder,
      nodeId: this.store.nodeId,
      baseEnv: environment(),
      runnerEnv: {},
      driverMemoryMb: 512,
      driverCores: 1,
      orphanMs: 60_000,
      stopKillAfterMs: 1_000,
      driverLogMaxBytes: 1_000_000,
    });
  }

  fleet(change: Partial<FleetDeps> = {}): { fleet: Fleet; told: Told } {
    const told = new Told();
    const onFailure = (_driver: Driver, error: unknown) => told.failures.push(error);
    const fleet = new Fleet({
      store: this.store.drivers,
      place: this.localPlace,
      nodeId: this.store.nodeId,
      listener: told,
      now: Date.now,
      onFailure,
      ...change,
    });
    return { fleet, told };
  }

  /**
   * Launches a driver and waits until it is ready. Also answers the driver's row, its handle, and the pid and
   * start time of its supervisor.
   */
  async ready({ fleet, told }: { fleet: Fleet; told: Told }, conf: Record<string, string> = {}) {
    const driver = await fleet.launch(launchSpec(conf));
    await told.until("ready");
    await told.until("connected");
    const row = (await this.store.drivers.live()).find(({ id }) => id === driver.id);
    if (!row) throw new Error("The launch stored no driver");
    return { driver, row, handle: handleOf(row), process: processOf(row) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await killTagged(tagPrefix(this.store.nodeId), 10_000);
    await this.store.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The logs of a driver that writes no logs. */
export const noLogs: DriverLogs = { tail: async () => "", open: () => ({ open: async () => undefined }) };

export function handleOf(row: DriverRow | undefined): LocalHandle {
  if (!row) throw new Error("There is no such driver");
  return readHandle(row.handle);
}

/** The supervisor of a driver that was started. */
export function processOf(row: DriverRow | undefined): ProcessName {
  const process = supervisorOf(handleOf(row));
  if (!process) throw new Error("The driver has not been started");
  return process;
}

export function launchSpec(conf: Record<string, string> = {}): LaunchSpec {
  const engine = { id: "3.5", python: fakePython, java: "java", sparkHome: "/", jars: [], jvmFlags: [] } as const;
  return { sessionId: null, engine, conf, extraJars: [] };
}

export function calculation(calculationId: string, code: string) {
  return { calculationId, code, stdout: "/out", stderr: "/err", results: "/results" };
}

/**
 * The environment of the fakes: the Node that runs the tests, and the mark by which the test run finds
 * processes that were left behind.
 */
function environment(): Record<string, string> {
  const run = process.env["GLAUX_TEST_RUN"];
  return {
    PATH: [dirname(process.execPath), process.env["PATH"] ?? ""].join(delimiter),
    ...(run === undefined ? {} : { GLAUX_TEST_RUN: run }),
  };
}
