// A server's sessions and pool over fake drivers, composed as src/service.ts does, without its front end.
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Session } from "../../src/domain/entities.ts";
import type { PoolBounds } from "../../src/domain/pool-size.ts";
import type { Fleet } from "../../src/drivers/fleet.ts";
import type { DriverListener } from "../../src/drivers/types.ts";
import { changeHub } from "../../src/lib/change-hub.ts";
import type { Memory } from "../../src/lib/memory.ts";
import type { PoolEngine } from "../../src/pool/launcher.ts";
import { Pool, type PoolDeps } from "../../src/pool/pool.ts";
import { shareListener } from "../../src/pool/share-listener.ts";
import { CalculationService } from "../../src/sessions/calculation-service.ts";
import { driverEvents } from "../../src/sessions/driver-events.ts";
import { heldAnswers } from "../../src/sessions/held-answers.ts";
import { reconcile } from "../../src/sessions/reconciler.ts";
import { SessionService } from "../../src/sessions/session-service.ts";
import { SessionStarter } from "../../src/sessions/session-starter.ts";
import type { StartingDeps } from "../../src/sessions/types.ts";
import type { StartQueueSettings } from "../../src/sessions/start-queue.ts";
import type { DriverRow } from "../../src/store/types.ts";
import { launchSpec, type FakeDrivers, handleOf } from "../drivers/fake-drivers.ts";
import { storedWorkGroup } from "../stores/entities.ts";
import { waitFor } from "../support/wait-for.ts";

export interface PoolServerOptions extends Partial<Pick<PoolDeps, "canRaisePriority" | "bootDeadlineMs">> {
  bounds?: PoolBounds;
  /** Of the sessions. */
  limit?: number;
  startDeadlineMs?: number;
  claimLimits?: NonNullable<StartingDeps["claimLimits"]>;
  starts?: Omit<StartQueueSettings, "giveWay">;
  pingEveryMs?: number;
  /** What the engine has beyond the default. */
  with?: PoolEngine["with"];
}

export interface LogLine {
  level: "info" | "warn" | "error";
  message: string;
  fields: Record<string, unknown>;
}

export class PoolServer implements AsyncDisposable {
  readonly sessions: SessionService;
  readonly calculations: CalculationService;
  readonly starter: SessionStarter;
  readonly pool: Pool;
  readonly fleet: Fleet;
  readonly log: LogLine[] = [];
  /** Looked at by the pool. */
  memory: Memory = { totalMb: 16_000, availableMb: 12_000 };
  engine: PoolEngine | undefined;
  /** As many of the next looks for the engine fail. */
  failingLooks = 0;
  readonly #drivers: FakeDrivers;
  readonly #loops = new AbortController();
  readonly #filled: Promise<void>;

  /** Serves when it resolves; what an earlier one left on the same drivers is settled by then. */
  static async start(drivers: FakeDrivers, options: PoolServerOptions = {}): Promise<PoolServer> {
    await drivers.store.workGroups.insert(storedWorkGroup("primary"), []);
    const server = new PoolServer(drivers, options);
    const { fleet, starter } = server;
    const logs = { catchUp: () => Promise.resolve() };
    await reconcile({ store: drivers.store, now: Date.now, log: server.#logger, fleet, starter, logs });
    return server;
  }

  private constructor(drivers: FakeDrivers, options: PoolServerOptions) {
    const { store } = drivers;
    const hub = changeHub();
    const now = Date.now;
    const log = this.#logger;
    const shared = { store, hub, held: heldAnswers(hub, now), now, ticks: now, log };
    const makeFolder = () => Promise.resolve(drivers.folder);
    const bucketFolders = {
      makeFolder,
      follow: () => Promise.resolve(),
      canHold: () => true,
      pathOf: (uri: string) => join(drivers.folder, uri.slice(5)),
    };
    const findEngine = () =>
      this.failingLooks-- > 0 ? Promise.reject(new Error("no file descriptor is left")) : Promise.resolve(this.engine);
    const pool = new Pool({
      drivers: { launch: (spec) => this.fleet.launch(spec), give: (...ids) => this.fleet.give(...ids) },
      findEngine,
      pathOf: bucketFolders.pathOf,
      facts: { driverMemoryMb: 512, driverCores: 1, isolation: "process", network: "host", buckets: drivers.folder },
      defaultEngine: "3.5",
      bounds: options.bounds ?? { min: 1, max: 1 },
      bootDeadlineMs: options.bootDeadlineMs ?? 60_000,
      memory: () => this.memory,
      canRaisePriority: options.canRaisePriority ?? true,
      hub,
      now,
      log,
    });
    const listener: DriverListener = driverEvents({
      ...shared,
      bucketFolders,
      progress: new Map(),
      logs: { deliver: () => Promise.resolve() },
    });
    this.#drivers = drivers;
    this.engine = { ...launchSpec().engine, stamp: "first", with: options.with ?? [] };
    this.pool = pool;
    const hasPool = options.bounds?.max !== 0;
    const { pingEveryMs = 5_000 } = options;
    this.fleet = drivers.fleet({ listener: hasPool ? shareListener(listener, pool) : listener, pingEveryMs }).fleet;
    const { starts, claimLimits } = options;
    const startDeadlineMs = options.startDeadlineMs ?? 60_000;
    this.starter = new SessionStarter({
      ...shared,
      drivers: this.fleet,
      findEngine,
      bucketFolders,
      startDeadlineMs,
      pool,
      ...(starts ? { starts } : {}),
      ...(claimLimits ? { claimLimits } : {}),
    });
    const rules = {
      defaultEngine: "3.5",
      maxSessions: options.limit ?? 100,
      defaultOutputLocation: "s3://glaux-out/",
    } as const;
    this.sessions = new SessionService({ ...shared, starter: this.starter, rules, bucketFolders, pool });
    this.calculations = new CalculationService({ ...shared, drivers: this.fleet, bucketFolders });
    this.#filled = pool.keepFilled(this.#loops.signal);
  }

  start(SparkProperties: Record<string, string> = {}, token?: string): Promise<Session> {
    const request = { WorkGroup: "primary", EngineConfiguration: { SparkProperties } };
    return this.sessions.start({ ...request, ClientRequestToken: token });
  }

  async origin(session: Session) {
    return this.#drivers.store.sessions.origin(session.id);
  }

  /** Until the pool has this many members that are ready, and none that boots. */
  async filled(count: number): Promise<void> {
    await this.until(`${String(count)} ready pool members`, () => {
      const { members } = this.pool.status();
      return members.length === count && members.every(({ state }) => state === "ready");
    });
  }

  async until(what: string, look: () => boolean | Promise<boolean>): Promise<void> {
    const said = () => this.log.map(({ message, fields }) => `${message} ${JSON.stringify(fields)}`).join("\n");
    await waitFor(what, async () => ((await look()) ? true : undefined), { withinMs: 20_000, everyMs: 10 }).catch(
      (error: unknown) => {
        throw new Error(`${String(error)}; the server said:\n${said()}`);
      },
    );
  }

  async untilState(session: Session, state: Session["state"]): Promise<void> {
    await this.until(`the session to be ${state}`, async () => {
      return (await this.sessions.get(session.id)).state === state;
    });
  }

  said(message: string): LogLine[] {
    return this.log.filter((line) => line.message === message);
  }

  /** What the server's end does with the pool; sessions go on. */
  async stop(): Promise<void> {
    await this.#letGo(() => this.pool.close());
  }

  /** As after `kill -9`: nobody is told. */
  async crash(): Promise<void> {
    await this.#letGo(() => Promise.resolve());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #letGo(closePool: () => Promise<void>): Promise<void> {
    this.#loops.abort();
    await this.#filled;
    await closePool();
    await this.starter.close();
    await this.fleet.detachAll();
  }

  get #logger() {
    const at = (level: LogLine["level"]) => (fields: object, message: string) =>
      this.log.push({ level, message, fields: fields as Record<string, unknown> });
    return { info: at("info"), warn: at("warn"), error: at("error") };
  }
}

/** How the fakes behave from now on: see test/fixtures/drivers/fake-supervisor.mjs. */
export function tell(drivers: FakeDrivers, name: "boot" | "coldBoot" | "claim" | "canRaise", how?: string): void {
  const file = join(drivers.folder, "drivers", `fake-${name}`);
  if (how === undefined) rmSync(file, { force: true });
  else writeFileSync(file, how);
}

/** What a fake was sent: the claims, or the words `pause` and `resume`. */
export function sent(row: DriverRow, what: "claims" | "pauses"): string[] {
  const file = join(handleOf(row).folder, what);
  return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
}

export async function driverOf(drivers: FakeDrivers, session: Session): Promise<DriverRow> {
  const row = await drivers.store.drivers.ofSession(session.id);
  if (!row) throw new Error(`Session ${session.id} has no driver`);
  return row;
}
