// The sessions of one server after another on the same data folder, down to drivers that are fakes: no port, no Spark.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { StartSessionRequest } from "@aws-sdk/client-athena";
import type { Fleet } from "../../src/drivers/fleet.ts";
import type { Session } from "../../src/domain/entities.ts";
import type { Engine } from "../../src/engines/engine.ts";
import { changeHub } from "../../src/lib/change-hub.ts";
import { openBuckets } from "../../src/objects/buckets.ts";
import { openBucketFolders } from "../../src/objects/bucket-folders.ts";
import { CalculationService } from "../../src/sessions/calculation-service.ts";
import { driverEvents } from "../../src/sessions/driver-events.ts";
import { heldAnswers } from "../../src/sessions/held-answers.ts";
import { LogDelivery } from "../../src/sessions/log-delivery.ts";
import { reconcile } from "../../src/sessions/reconciler.ts";
import type { SessionRules } from "../../src/sessions/new-session.ts";
import { SessionService } from "../../src/sessions/session-service.ts";
import { SessionStarter } from "../../src/sessions/session-starter.ts";
import type { StartQueueSettings } from "../../src/sessions/start-queue.ts";
import type { FakeDrivers } from "../drivers/fake-drivers.ts";
import { launchSpec } from "../drivers/fake-drivers.ts";
import { noPool } from "../../src/pool/no-pool.ts";
import { storedWorkGroup } from "../stores/entities.ts";
import { waitFor } from "../support/wait-for.ts";

export interface FakeService {
  readonly fleet: Fleet;
  readonly sessions: SessionService;
  readonly calculations: CalculationService;
  readonly logs: LogDelivery;
  /** Starts a session and waits for its first state that is not CREATING. */
  started(request?: Partial<StartSessionRequest>): Promise<Session>;
  /** Waits until the session is in a state. */
  sessionIn(id: string, state: Session["state"]): Promise<Session>;
  /** Starts a calculation and waits for its end. */
  ran(sessionId: string, code: string): Promise<void>;
  /** Lets go of all drivers, as a server does that ends without its sessions. */
  detach(): Promise<void>;
}

/** Takes over what an earlier one on `drivers` left. */
export async function fakeService(
  drivers: FakeDrivers,
  {
    engine = launchSpec().engine,
    now = Date.now,
    rules: changedRules = {},
    lookUp = () => Promise.resolve(),
    starts = { maxStartingSessions: Infinity, memory: undefined },
    startDeadlineMs = 30_000,
  }: {
    engine?: object | null;
    now?: () => number;
    rules?: Partial<SessionRules>;
    /** How long it takes to look for an engine. */
    lookUp?: () => Promise<void>;
    starts?: StartQueueSettings;
    startDeadlineMs?: number;
  } = {},
): Promise<FakeService> {
  const { store, folder } = drivers;
  const buckets = join(folder, "buckets");
  mkdirSync(buckets, { recursive: true });
  const bucketFolders = openBucketFolders(openBuckets(buckets));
  const hub = changeHub();
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const deps = { store, hub, held: heldAnswers(hub, now), now, ticks: now, log, bucketFolders };
  const logs = new LogDelivery({
    ...deps,
    logsOf: (driver) => fleet.siteOf(driver)?.logs,
    managedLogs: "s3://managed/logs",
  });
  const { fleet } = drivers.fleet({ listener: driverEvents({ ...deps, progress: new Map(), logs }) });
  const findEngine = async () => {
    await lookUp();
    return (engine ?? undefined) as Engine | undefined;
  };
  const starter = new SessionStarter({
    ...deps,
    drivers: fleet,
    findEngine,
    startDeadlineMs,
    starts,
    pool: noPool,
  });
  const defaultRules = { defaultEngine: "3.5", maxSessions: 8, defaultOutputLocation: "s3://managed/" } as const;
  const rules = { ...defaultRules, ...changedRules };
  const sessions = new SessionService({ ...deps, starter, rules, pool: noPool });
  const calculations = new CalculationService({ ...deps, drivers: fleet });
  await store.workGroups.insert(storedWorkGroup("primary"), []);
  await reconcile({ ...deps, fleet, starter, logs });
  return {
    fleet,
    sessions,
    calculations,
    logs,
    async started(request = {}) {
      const { id } = await sessions.start({ WorkGroup: "primary", EngineConfiguration: {}, ...request });
      return waitFor(`the start of ${id}`, async () => {
        const session = await sessions.get(id);
        return session.state === "CREATING" ? undefined : session;
      });
    },
    sessionIn: (id, state) =>
      waitFor(`session ${id} in ${state}`, async () => {
        const session = await sessions.get(id);
        return session.state === state ? session : undefined;
      }),
    async ran(sessionId, code) {
      const { id } = await calculations.start({ SessionId: sessionId, CodeBlock: code });
      await waitFor(`the end of ${code}`, async () => (await calculations.get(id)).completedAt ?? undefined);
    },
    async detach() {
      await starter.close();
      await fleet.detachAll();
    },
  };
}
