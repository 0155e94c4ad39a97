// A driver without a process, whose every move a test decides. Messages to it and events from it travel in order, and as late as the test's gate lets them.
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
  /** Waits until the test lets it pass. */
  gate: (what: string) => Promise<void>;
  /** What the listener threw. */
  failed: (error: unknown) => void;
}

export class ControlledDriver implements Driver {
  readonly id = "driver";
  readonly logs = noLogs;
  readonly sessionId: string;
  readonly isFromPool = false;
  readonly finished: Promise<string | null>;
  /** The calculation that it runs. */
  current: string | null = null;
  /** Every calculation that it has ever begun, in order. */
  readonly begun: string[] = [];
  /** `lost` has returned. */
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
    // Names only.
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

  /** The code comes to its end. */
  finish(): void {
    this.#finish("completed");
  }

  /** Killed: nothing is told but that. */
  die(): void {
    if (this.#phase === "ending") return;
    this.#phase = "ending";
    this.current = null;
    this.#connection++;
    this.#lose("killed");
  }

  /** What is on its way to the driver is lost, and the server is told where the driver stands: after a broken connection, and after an adoption. */
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

  /** Nothing is under way in either direction. */
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

/** The drivers of one server; `launched` has all that there ever were. */
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

  /** The server has never heard of the session's driver. */
  forget(sessionId: string): void {
    this.#bySession.delete(sessionId);
  }

  of(sessionId: string): ControlledDriver[] {
    return this.launched.filter((driver) => driver.sessionId === sessionId);
  }
}
