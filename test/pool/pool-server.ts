// The sessions of test/sessions/session-server.ts with a pool. The test can change the memory and the engine
// that the pool sees.
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Session } from "../../src/domain/entities.ts";
import type { Fleet } from "../../src/drivers/fleet.ts";
import type { Memory } from "../../src/lib/memory.ts";
import type { PoolEngine } from "../../src/pool/launcher.ts";
import type { Pool } from "../../src/pool/pool.ts";
import type { PoolSettings } from "../../src/service/drivers.ts";
import type { CalculationService } from "../../src/sessions/calculation-service.ts";
import type { SessionService } from "../../src/sessions/session-service.ts";
import type { Log } from "../../src/sessions/types.ts";
import type { DriverRow } from "../../src/store/types.ts";
import { type FakeDrivers, handleOf } from "../drivers/fake-drivers.ts";
import {
  fakeEngine,
  openSessionServer,
  type SessionServer,
  type SessionServerOptions,
} from "../sessions/session-server.ts";
import { waitFor } from "../support/wait-for.ts";

export interface PoolServerOptions
  extends
    Partial<Pick<PoolSettings, "bounds" | "canRaisePriority" | "bootDeadlineMs">>,
    Pick<SessionServerOptions, "claimLimits" | "starts" | "pingEveryMs"> {
  /** How many sessions may be active at once; default 100. */
  limit?: number;
  startDeadlineMs?: number;
  /** The additions that the engine is installed with. */
  with?: PoolEngine["with"];
}

export interface LogLine {
  level: "info" | "warn" | "error";
  message: string;
  fields: Record<string, unknown>;
}

/** What the pool sees of its machine. A test may change it. */
interface Machine {
  memory: Memory;
  engine: PoolEngine | undefined;
  /** How many of the next look-ups of the engine fail. */
  failingLooks: number;
}

export class PoolServer implements AsyncDisposable {
  readonly machine: Machine;
  readonly log: LogLine[];
  readonly sessions: SessionService;
  readonly calculations: CalculationService;
  readonly fleet: Fleet;
  readonly #drivers: FakeDrivers;
  readonly #server: SessionServer;
  readonly #loops = new AbortController();
  readonly #filled: Promise<void> | undefined;

  /** Starts a server. When this resolves, everything that an earlier server left on `drivers` is settled. */
  static async start(drivers: FakeDrivers, options: PoolServerOptions = {}): Promise<PoolServer> {
    const { bounds = { min: 1, max: 1 }, canRaisePriority = true, bootDeadlineMs = 60_000 } = options;
    const { limit: maxSessions = 100, startDeadlineMs = 60_000, starts, claimLimits, pingEveryMs } = options;
    const machine: Machine = {
      memory: { totalMb: 16_000, availableMb: 12_000 },
      engine: { ...fakeEngine, with: options.with ?? [] },
      failingLooks: 0,
    };
    const log: LogLine[] = [];
    const pool = {
      facts: { driverMemoryMb: 512, driverCores: 1, isolation: "process", network: "host", buckets: drivers.folder },
      defaultEngine: "3.5",
      memory: () => machine.memory,
      ...{ bounds, canRaisePriority, bootDeadlineMs },
    } as const;
    const server = await openSessionServer(drivers, {
      findEngine: async () => {
        if (machine.failingLooks-- > 0) throw new Error("no file descriptor is left");
        return machine.engine;
      },
      rules: { maxSessions },
      log: loggerTo(log),
      startDeadlineMs,
      ...(bounds.max === 0 ? {} : { pool }),
      ...(starts && { starts }),
      ...(claimLimits && { claimLimits }),
      ...(pingEveryMs !== undefined && { pingEveryMs }),
    });
    return new PoolServer(drivers, server, { machine, log });
  }

  private constructor(
    drivers: FakeDrivers,
    server: SessionServer,
    { machine, log }: Pick<PoolServer, "machine" | "log">,
  ) {
    this.machine = machine;
    this.log = log;
    this.sessions = server.sessions;
    this.calculations = server.calculations;
    this.fleet = server.fleet;
    this.#drivers = drivers;
    this.#server = server;
    this.#filled = server.pool?.keepFilled(this.#loops.signal);
  }

  get pool(): Pool {
    const { pool } = this.#server;
    if (!pool) throw new Error("Its pool is turned off");
    return pool;
  }

  start(SparkProperties: Record<string, string> = {}, token?: string): Promise<Session> {
    const request = { WorkGroup: "primary", EngineConfiguration: { SparkProperties } };
    return this.sessions.start({ ...request, ClientRequestToken: token });
  }

  async origin(session: Session) {
    return this.#drivers.store.sessions.origin(session.id);
  }

  /** Waits until the pool has exactly this many members, all of them ready. */
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

  /** Ends the server and its pool; the sessions go on. */
  async stop(): Promise<void> {
    await this.#letGo(() => this.#server.pool?.close());
  }

  /** Ends the server as `kill -9` would: members and sessions are not told. */
  async crash(): Promise<void> {
    await this.#letGo(() => undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #letGo(closePool: () => Promise<void> | undefined): Promise<void> {
    this.#loops.abort();
    await this.#filled;
    await closePool();
    await this.#server.detach();
  }
}

function loggerTo(log: LogLine[]): Log {
  const at = (level: LogLine["level"]) => (fields: object, message: string) =>
    void log.push({ level, message, fields: fields as Record<string, unknown> });
  return { info: at("info"), warn: at("warn"), error: at("error") };
}

/** Sets how the fake drivers behave from now on: see test/fixtures/drivers/fake-supervisor.mjs. */
export function tell(drivers: FakeDrivers, name: "boot" | "coldBoot" | "claim" | "canRaise", how?: string): void {
  const file = join(drivers.folder, "drivers", `fake-${name}`);
  if (how === undefined) rmSync(file, { force: true });
  else writeFileSync(file, how);
}

/** What a fake driver was sent: its claims, or the words `pause` and `resume`. */
export function sent(row: DriverRow, what: "claims" | "pauses"): string[] {
  const file = join(handleOf(row).folder, what);
  return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
}

export async function driverOf(drivers: FakeDrivers, session: Session): Promise<DriverRow> {
  const row = await drivers.store.drivers.ofSession(session.id);
  if (!row) throw new Error(`Session ${session.id} has no driver`);
  return row;
}
