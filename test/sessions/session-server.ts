// The sessions of one server after another on the same data folder. Everything is real down to the drivers,
// which are fakes: there is no port and no Spark.
import { join } from "node:path";
import type { StartSessionRequest } from "@aws-sdk/client-athena";
import type { Session } from "../../src/domain/entities.ts";
import type { Fleet } from "../../src/drivers/fleet.ts";
import { siteIn } from "../../src/drivers/place.ts";
import { changeHub } from "../../src/lib/change-hub.ts";
import { openBuckets } from "../../src/objects/buckets.ts";
import { openBucketFolders } from "../../src/objects/bucket-folders.ts";
import { noPool } from "../../src/pool/no-pool.ts";
import type { PoolEngine } from "../../src/pool/launcher.ts";
import type { Pool } from "../../src/pool/pool.ts";
import { driverReports } from "../../src/service/driver-reports.ts";
import { openDrivers, type PoolSettings } from "../../src/service/drivers.ts";
import { openSessions } from "../../src/service/sessions.ts";
import type { CalculationService } from "../../src/sessions/calculation-service.ts";
import { heldAnswers } from "../../src/sessions/held-answers.ts";
import type { LogDelivery } from "../../src/sessions/log-delivery.ts";
import type { SessionRules } from "../../src/sessions/new-session.ts";
import type { SessionService } from "../../src/sessions/session-service.ts";
import type { Log, StartingDeps } from "../../src/sessions/types.ts";
import { openMetrics } from "../../src/telemetry/metrics.ts";
import { launchSpec, type FakeDrivers } from "../drivers/fake-drivers.ts";
import { storedWorkGroup } from "../stores/entities.ts";
import { waitFor } from "../support/wait-for.ts";

export interface SessionServer {
  readonly fleet: Fleet;
  readonly pool: Pool | undefined;
  readonly sessions: SessionService;
  readonly calculations: CalculationService;
  readonly logs: LogDelivery;
  /** Starts a session and waits for its first state that is not CREATING. */
  started(request?: Partial<StartSessionRequest>): Promise<Session>;
  /** Waits until the session is in a state. */
  sessionIn(id: string, state: Session["state"]): Promise<Session>;
  /** Starts a calculation and waits for its end. */
  ran(sessionId: string, code: string): Promise<void>;
  /**
   * Stops attending to all drivers and leaves them running, as a server does that ends without its sessions.
   * It does not close the pool; the caller does.
   */
  detach(): Promise<void>;
}

export interface SessionServerOptions extends Partial<
  Pick<StartingDeps, "startDeadlineMs" | "starts" | "claimLimits">
> {
  findEngine?: () => Promise<PoolEngine | undefined>;
  now?: () => number;
  rules?: Partial<SessionRules>;
  log?: Log;
  pool?: Omit<PoolSettings, "findEngine" | "pathOf">;
  pingEveryMs?: number;
}

/** The engine that the fake drivers are started with. */
export const fakeEngine: PoolEngine = { ...launchSpec().engine, stamp: "first", with: [] };

/** Opens the sessions of a server. It takes over what an earlier server on `drivers` has left. */
export async function openSessionServer(
  drivers: FakeDrivers,
  {
    findEngine = () => Promise.resolve(fakeEngine),
    now = Date.now,
    rules = {},
    log = { info: () => undefined, warn: () => undefined, error: () => undefined },
    pool: poolSettings,
    startDeadlineMs = 30_000,
    pingEveryMs = 5_000,
    ...starting
  }: SessionServerOptions = {},
): Promise<SessionServer> {
  await using opened = new AsyncDisposableStack();
  const { store } = drivers;
  const bucketFolders = openBucketFolders(openBuckets(join(drivers.folder, "buckets")));
  const hub = changeHub();
  const deps = { store, bucketFolders, hub, held: heldAnswers(hub, now), now, ticks: now, log };
  const place = drivers.localPlace;
  const { listener, logs } = driverReports({
    ...deps,
    logsOf: (driver) => siteIn(place, driver)?.logs,
    managedLogs: "s3://managed/logs",
  });
  const pathOf = (uri: string) => bucketFolders.pathOf(uri);
  const { fleet, adoption, pool } = opened.use(
    openDrivers({
      ...{ ...deps, place, listener, metrics: openMetrics(), pingEveryMs },
      pool: poolSettings && { ...poolSettings, findEngine, pathOf },
    }),
  );
  const { sessions, calculations, reconcile } = opened.use(
    openSessions({
      ...{ ...deps, drivers: fleet, adoption, pool: pool ?? noPool, logs, findEngine, startDeadlineMs, ...starting },
      rules: { defaultEngine: "3.5", maxSessions: 8, defaultOutputLocation: "s3://managed/", ...rules },
    }),
  );
  await store.workGroups.insert(storedWorkGroup("primary"), []);
  await reconcile();
  const parts = opened.move();
  return {
    ...{ fleet, pool, sessions, calculations, logs },
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
    detach: () => parts.disposeAsync(),
  };
}
