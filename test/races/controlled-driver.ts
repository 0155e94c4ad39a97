// A driver without a process; a test decides its every move. Messages to it and events from it travel in
// order, and only when the test's gate lets them pass.
import type { DriverEvent, Query, Welcome } from "../../src/drivers/messages.ts";
import { oneAtATime } from "../../src/drivers/one-at-a-time.ts";
import type {
  Driver,
  DriverListener,
  Drivers,
  LaunchSpec,
  RunRequest,
  SessionDriver,
} from "../../src/drivers/types.ts";
import { noLogs } from "../drivers/fake-drivers.ts";

export interface DriverWorld {
  listener: DriverListener;
  /** Resolves when the test lets the step pass. */
  gate: (what: string) => Promise<void>;
  /** Called with each error that the listener threw. */
  failed: (error: unknown) => void;
}

export class ControlledDriver implements Driver {
  readonly id = "driver";
  readonly logs = noLogs;
  readonly sessionId: string;
  readonly isFromPool = false;
  readonly finished: Promise<string | null>;
  /** The id of the calculation that the driver runs. */
  current: string | null = null;
  /** The ids of all calculations that the driver has begun, in order. */
  readonly begun: string[] = [];
  /** True when the listener's `lost` has returned. */
  isLost = false;
  readonly #listener: DriverListener;
  readonly #gate: DriverWorld["gate"];
  readonly #failed: (error: unknown) => void;
  readonly #forget: () => void;
  readonly #finished = Promise.withResolvers<string>();
  readonly #toServer = oneAtATime();
  readonly #toDriver = oneAtATime();
  #seq = 0;
  #connection = 0;
  #phase: Welcome["phase"] = "booting";
  #ended: Promise<void> | undefined;

  constructor(sessionId: string, { listener, gate, failed }: DriverWorld, forget: () => void) {
    this.sessionId = sessionId;
    this.#listener = listener;
    this.#gate = gate;
    this.#failed = failed;
    this.#forget = forget;
    this.finished = this.#finished.promise;
    this.reconnect().catch(failed);
  }

  assign(): void {
    // The names of a session change nothing in this driver.
  }

  claim(): void {
    throw new Error("It is no pool member");
  }

  pause(): void {
    this.claim();
  }

  resume(): void {
    this.claim();
  }

  run({ calculationId }: RunRequest): void {
    this.#receive("run", () => {
      if (this.begun.includes(calculationId)) return;
      if (this.current !== null) throw new Error("A second calculation was sent to a driver that runs one");
      this.begun.push(calculationId);
      this.current = calculationId;
      this.#tell({ type: "accepted", calculationId });
      this.#tell({ type: "running", calculationId });
    });
  }

  stop(calculationId: string): void {
    this.#receive("stop", () => {
      if (this.current !== calculationId) return;
      this.#tell({ type: "stopping", calculationId });
      this.#finish("canceled");
    });
  }

  executors(): Promise<Record<string, unknown>[]> {
    return Promise.resolve([]);
  }

  queries(): Promise<Query[]> {
    return Promise.resolve([]);
  }

  end(): Promise<void> {
    if (this.#phase !== "ending") {
      this.#phase = "ending";
      this.#finish("canceled");
      this.#tell({ type: "ended", reason: "shut down", clean: true });
      this.#lose("shut down");
    }
    return this.#ended ?? Promise.resolve();
  }

  ready(): void {
    if (this.#phase !== "booting") return;
    this.#phase = "ready";
    const versions = { sparkVersion: "3.5.7", pythonVersion: "3.11", javaVersion: "17" };
    this.#tell({ type: "ready", ...versions, applicationId: "a", jvmPid: 1, runnerPid: 1, bootMs: 1 });
  }

  /** The code of the running calculation ends. */
  finish(): void {
    this.#finish("completed");
  }

  /** The driver is killed: it reports nothing, and the server learns only that the driver is lost. */
  die(): void {
    if (this.#phase === "ending") return;
    this.#phase = "ending";
    this.current = null;
    this.#connection++;
    this.#lose("killed");
  }

  /**
   * Connects anew. Messages on their way to the driver are lost, and the server is told what the driver runs.
   * This happens after a broken connection and after an adoption.
   */
  reconnect(): Promise<void> {
    const connection = ++this.#connection;
    return this.#toServer(async () => {
      await this.#gate("connected");
      if (this.isLost || connection !== this.#connection) return;
      const { id: driverId, current: calculationId } = this;
      const welcome = { type: "welcome", protocol: 1, driverId, pid: 1, seq: this.#seq, calculationId } as const;
      await this.#listener.connected(this, { ...welcome, phase: this.#phase, pooled: false, canRaisePriority: false });
    });
  }

  silent(isSilent: boolean): Promise<void> {
    return this.#toServer(async () => {
      await this.#gate(isSilent ? "silent" : "heard");
      if (!this.isLost) await this.#listener.silent(this, isSilent);
    });
  }

  /** Resolves when no message or event is under way in either direction. */
  async quiet(): Promise<void> {
    await this.#toDriver(() => Promise.resolve());
    await this.#toServer(() => Promise.resolve());
  }

  #finish(outcome: "completed" | "canceled"): void {
    const calculationId = this.current;
    if (calculationId === null) return;
    this.current = null;
    const cost = { durationMs: 1, dpuMs: 1, displayed: false, variablesLost: false, driverLost: null };
    this.#tell({ type: "finished", calculationId, outcome, errorType: null, errorMessage: null, ...cost });
  }

  #receive(what: string, step: () => void): void {
    const connection = this.#connection;
    this.#toDriver(async () => {
      await this.#gate(`driver gets ${what}`);
      if (connection === this.#connection && this.#phase !== "ending") step();
    }).catch(this.#failed);
  }

  #tell(event: WithoutSeq<DriverEvent>): void {
    const told = { seq: ++this.#seq, at: Date.now(), ...event };
    this.#toServer(async () => {
      await this.#gate(`driver tells ${event.type}`);
      await this.#listener.event(this, told);
    }).catch(this.#failed);
  }

  #lose(reason: string): void {
    this.#ended = this.#toServer(async () => {
      await this.#gate("driver is lost");
      await this.#listener.lost(this, reason);
      this.isLost = true;
      this.#forget();
      this.#finished.resolve(reason);
    });
  }
}

type WithoutSeq<E> = E extends unknown ? Omit<E, "seq" | "at"> : never;

/** The drivers of one server. `launched` has all drivers that were ever launched. */
export class ControlledDrivers implements Drivers {
  readonly launched: ControlledDriver[] = [];
  readonly #bySession = new Map<string, ControlledDriver>();
  readonly #world: DriverWorld;

  constructor(world: DriverWorld) {
    this.#world = world;
  }

  async launch({ sessionId }: LaunchSpec): Promise<Driver> {
    if (sessionId === null) throw new Error("A driver without a session");
    await this.#world.gate("launch");
    const driver = new ControlledDriver(sessionId, this.#world, () => {
      if (this.#bySession.get(sessionId) === driver) this.#bySession.delete(sessionId);
    });
    this.launched.push(driver);
    this.#bySession.set(sessionId, driver);
    await this.#world.gate("launched");
    return driver;
  }

  give(): undefined {
    return undefined;
  }

  takeBack(): Promise<void> {
    throw new Error("There are no pool members");
  }

  ofSession(sessionId: string): SessionDriver<ControlledDriver> {
    const driver = this.#bySession.get(sessionId);
    return driver ? { is: "alive", driver } : { is: "unknown" };
  }

  /** Makes the server forget the session's driver, as if it had never known it. */
  forget(sessionId: string): void {
    this.#bySession.delete(sessionId);
  }

  of(sessionId: string): ControlledDriver[] {
    return this.launched.filter((driver) => driver.sessionId === sessionId);
  }
}
