// The real use cases over a real store, with drivers that the test controls. During a race every call of the
// store and every message of a driver waits for fast-check's scheduler, both before and after it. Outside of
// a race nothing waits.
import { mkdtempSync, rmSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Scheduler } from "fast-check";
import type { Calculation, Session } from "../../src/domain/entities.ts";
import type { Engine } from "../../src/engines/engine.ts";
import { changeHub } from "../../src/lib/change-hub.ts";
import { noPool } from "../../src/pool/no-pool.ts";
import { driverReports } from "../../src/service/driver-reports.ts";
import { type OpenSessions, openSessions } from "../../src/service/sessions.ts";
import type { CalculationService } from "../../src/sessions/calculation-service.ts";
import { type HeldAnswers, heldAnswers } from "../../src/sessions/held-answers.ts";
import type { SessionService } from "../../src/sessions/session-service.ts";
import type { SessionStarter } from "../../src/sessions/session-starter.ts";
import type { BucketFolders } from "../../src/sessions/types.ts";
import { openStore } from "../../src/store/store.ts";
import type { Store } from "../../src/store/types.ts";
import { storedWorkGroup } from "../stores/entities.ts";
import { waitFor } from "../support/wait-for.ts";
import { ControlledDrivers } from "./controlled-driver.ts";

/** One change of a state, as the database saw it. */
export interface Change {
  readonly kind: "session" | "calculation";
  readonly id: string;
  readonly before: string;
  readonly after: string;
}

export class Stage implements AsyncDisposable {
  readonly store: Store;
  readonly drivers: ControlledDrivers;
  readonly sessions: SessionService;
  readonly calculations: CalculationService;
  readonly starter: SessionStarter;
  /** Everything that the service logged as an error, and every error that the service threw at a driver. */
  readonly errors: unknown[] = [];
  readonly #folder: string;
  readonly #database: DatabaseSync;
  readonly #open: OpenSessions;
  #scheduler: Scheduler | undefined;

  static async open(): Promise<Stage> {
    const folder = mkdtempSync(join(tmpdir(), "glaux-races-"));
    const file = join(folder, "glaux.db");
    const store = await openStore(file);
    await store.workGroups.insert(
      storedWorkGroup("primary", { configuration: { EngineVersion: { SelectedEngineVersion: "AUTO" } } }),
      [],
    );
    return new Stage(folder, store, watchedDatabase(file));
  }

  private constructor(folder: string, store: Store, database: DatabaseSync) {
    this.#folder = folder;
    this.#database = database;
    this.store = store;
    const gate = (what: string) => this.#gate(what);
    const now = Date.now;
    const hub = changeHub();
    const bucketFolders = bucketFoldersIn(folder);
    const answers = heldAnswers(hub, now);
    // The answer to a start waits only 3 ms for a final state, because code ends only when the test says so.
    const held: HeldAnswers = { ...answers, soon: (id, read, isFinal) => answers.soon(id, read, isFinal, 3) };
    const gated = {
      ...store,
      sessions: gatedCalls(store.sessions, gate),
      calculations: gatedCalls(store.calculations, gate),
      tokens: gatedCalls(store.tokens, gate),
    };
    const error = (fields: object) => this.errors.push(fields);
    const log = { info: () => undefined, warn: () => undefined, error };
    const shared = { store: gated, bucketFolders, hub, held, now, ticks: () => performance.now(), log };
    const { listener, logs } = driverReports({ ...shared, logsOf: () => undefined, managedLogs: "s3://bucket/logs" });
    this.drivers = new ControlledDrivers({ listener, gate, failed: (thrown) => this.errors.push(thrown) });
    this.#open = openSessions({
      ...shared,
      drivers: this.drivers,
      adoption: { adoptAll: () => Promise.resolve([]), sweep: () => Promise.resolve(0) },
      pool: noPool,
      logs,
      findEngine: () => Promise.resolve(engine),
      // The quota is one session, so a session can only be started when the one before has freed its place.
      rules: { defaultEngine: "3.5", maxSessions: 1, defaultOutputLocation: "s3://bucket" },
      startDeadlineMs: 60_000,
    });
    const { starter, sessions, calculations } = this.#open;
    this.starter = starter;
    this.sessions = sessions;
    this.calculations = calculations;
  }

  /** Makes a session with its driver. A `busy` session has a calculation that the driver runs. */
  async session(state: "creating" | "idle" | "busy"): Promise<Session> {
    const session = await this.sessions.start({ WorkGroup: "primary", EngineConfiguration: {} });
    const driver = await waitFor("the driver", () => this.drivers.ofSession(session.id).driver, { everyMs: 1 });
    if (state === "creating") return session;
    driver.ready();
    await this.#stateOf(session.id, "IDLE");
    if (state === "busy") await this.calculate(session.id);
    await this.quiet(session.id);
    return this.sessions.get(session.id);
  }

  calculate(sessionId: string): Promise<Calculation> {
    return this.calculations.start({ SessionId: sessionId, CodeBlock: "1" });
  }

  /** Reconciles as a server does at its start and every minute. */
  reconcile(): Promise<void> {
    return this.#open.reconcile();
  }

  /**
   * Runs the operations at once; the scheduler decides the order of their steps. Before its first step
   * operation `n` lets `waits[n]` steps of others pass, because the scheduler alone would seldom let one
   * operation get far ahead. The answers are in the order of the operations.
   */
  async race(
    scheduler: Scheduler,
    operations: readonly (() => Promise<unknown>)[],
    waits: readonly number[],
  ): Promise<PromiseSettledResult<unknown>[]> {
    this.#scheduler = scheduler;
    const over = new AbortController();
    const all = Promise.allSettled(
      operations.map(async (operation, n) => {
        for (let left = waits[n] ?? 0; left >= 0; left--) await this.#gate("begin");
        return operation();
      }),
    ).finally(() => over.abort());
    while (!over.signal.aborted) {
      await filesWritten();
      if (scheduler.count() > 0) await scheduler.waitNext(1);
    }
    this.#scheduler = undefined;
    await scheduler.waitIdle();
    return all;
  }

  /** Resolves when nothing is under way for the session. */
  async quiet(sessionId: string): Promise<void> {
    for (let calm = 0; calm < 3; calm++) {
      for (const driver of this.drivers.of(sessionId)) await driver.quiet();
      // A session in CREATING is not waited for: its start goes on until the test makes its driver ready.
      if ((await this.store.sessions.find(sessionId))?.state !== "CREATING") await this.starter.settled(sessionId);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** All changes of states since the last call. */
  changes(): Change[] {
    const rows = this.#database.prepare("select kind, id, before, after from changes order by rowid").all();
    this.#database.exec("delete from changes");
    return rows as unknown as Change[];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#open[Symbol.asyncDispose]();
    await this.store.close();
    this.#database.close();
    rmSync(this.#folder, { recursive: true });
  }

  async #stateOf(id: string, state: string): Promise<void> {
    const look = async () => ((await this.store.sessions.find(id))?.state === state ? true : undefined);
    await waitFor(`${id} to be ${state}`, look, { everyMs: 1 });
  }

  async #gate(what: string): Promise<void> {
    await this.#scheduler?.schedule(Promise.resolve(), what);
  }
}

/**
 * Waits for the file system, which the scheduler does not control. Only when no file operation is under way
 * has every operation reached its next step.
 */
async function filesWritten(): Promise<void> {
  for (let looks = 0; looks < 1_000; looks++) {
    await new Promise((resolve) => setImmediate(resolve));
    if (!process.getActiveResourcesInfo().includes("FSReqPromise")) return;
  }
}

function gatedCalls<T extends object>(part: T, gate: (what: string) => Promise<void>): T {
  const calls = Object.entries(part).map(([name, call]) => [
    name,
    async (...values: unknown[]) => {
      await gate(name);
      const answer: unknown = await (call as (...values: unknown[]) => unknown)(...values);
      await gate(`${name} returns`);
      return answer;
    },
  ]);
  return Object.fromEntries(calls) as T;
}

/**
 * Opens a second connection to the database. Its triggers record every change of a state in the order of the
 * commits.
 */
function watchedDatabase(file: string): DatabaseSync {
  const database = new DatabaseSync(file);
  database.exec("pragma busy_timeout = 5000; create table changes (kind, id, before, after)");
  for (const kind of ["session", "calculation"])
    database.exec(
      `create trigger watch_${kind} after update of state on ${kind}s when old.state <> new.state begin
         insert into changes values ('${kind}', new.id, old.state, new.state); end`,
    );
  return database;
}

function bucketFoldersIn(folder: string): BucketFolders {
  const pathOf = (uri: string) => join(folder, uri.replace("s3://", ""));
  return {
    pathOf,
    follow: () => Promise.resolve(),
    canHold: () => true,
    makeFolder: async (uri) => {
      await mkdir(pathOf(uri), { recursive: true });
      return pathOf(uri);
    },
  };
}

const engine: Engine = {
  id: "3.5",
  wireName: "Apache Spark version 3.5",
  folder: "/",
  stamp: "3.5",
  python: "python",
  java: "java",
  sparkHome: "/",
  jars: [],
  jvmFlags: [],
  archive: undefined,
  versions: { spark: "3.5.7", python: "3.11", java: "17" },
  with: [],
};
