import { rename, rm, writeFile } from "node:fs/promises";
import { writeAwsProfile } from "./access/aws-profile.ts";
import { endpointUrl } from "./access/endpoint-url.ts";
import type { Config } from "./config/config.ts";
import type { EngineId } from "./domain/engine-version.ts";
import { siteIn } from "./drivers/place.ts";
import { findEngine } from "./engines/engines.ts";
import { changeHub } from "./lib/change-hub.ts";
import { settlesWithin } from "./lib/settles-within.ts";
import { noPool } from "./pool/no-pool.ts";
import { rateLimiter } from "./protocol/rate-limit.ts";
import { openData } from "./service/data.ts";
import { driverReports } from "./service/driver-reports.ts";
import { openDrivers } from "./service/drivers.ts";
import { openFrontDoor } from "./service/front-door.ts";
import { openSessions } from "./service/sessions.ts";
import { localPlace, localPool, memoryGuard } from "./service/this-machine.ts";
import { openWorkGroups } from "./service/work-groups.ts";
import { heldAnswers } from "./sessions/held-answers.ts";
import { keepRetention, steadyClock } from "./sessions/retention.ts";
import { FolderInUse } from "./store/folder-lock.ts";

export { FolderInUse };

/** A running service. */
export interface Service {
  /** `http://host:port` */
  readonly endpoint: string;
  /**
   * Answers the requests that are in flight, and closes. With `endSessions` every session is terminated, and
   * no process of any session is left. Without it sessions keep running, and the next server takes them over.
   */
  stop(options: { endSessions: boolean }): Promise<void>;
  /** To be called when the log file has been moved away: the log continues in a new file. */
  reopenLog(): void;
}

const loopsEndWithinMs = 10_000;

/**
 * The composition root. Opens the parts in the order of their dependencies (`service/` has a file for each).
 * The parts are closed in reverse order, also when a later part fails to open.
 */
export async function startService(config: Config, env: Record<string, string>): Promise<Service> {
  await using opened = new AsyncDisposableStack();
  const now = Date.now;
  const ticks = () => performance.now();
  // The rate limiter comes first, because it may refuse the setting.
  const isWithinRate = config.rateLimits.size > 0 ? rateLimiter(config.rateLimits, ticks) : undefined;
  const data = opened.use(await openData(config, now));
  const { store, bucketFolders, log, metrics, keys, defaultOutputLocation } = data;

  const hub = changeHub();
  const held = heldAnswers(hub, ticks, () => metrics.count("glaux_answers_held_total", {}));
  const shared = { store, bucketFolders, hub, held, now, ticks, log };
  const place = localPlace(config, env, store.nodeId);
  const { listener, logs, progress } = driverReports({
    ...shared,
    logsOf: (driver) => siteIn(place, driver)?.logs,
    managedLogs: `${defaultOutputLocation}managed-logs`,
  });
  // `rebuild: false`: only the set-up rebuilds an engine's class-data archive, and a session never waits for
  // that.
  const findInstalled = (id: EngineId) => findEngine(config.enginesFolder, id, { rebuild: false });
  const pooled = localPool(config, { findEngine: findInstalled, pathOf: (uri) => bucketFolders.pathOf(uri) });
  const { fleet, adoption, pool } = opened.use(openDrivers({ ...shared, place, listener, metrics, pool: pooled }));
  const { defaultEngine, maxSessions, maxDpusPerSession, quotas, startDeadlineMs } = config;
  const { sessions, calculations, executors, reconcile, keepReconciled, reapIdle } = opened.use(
    openSessions({
      ...shared,
      drivers: fleet,
      adoption,
      pool: pool ?? noPool,
      logs,
      findEngine: findInstalled,
      rules: { defaultEngine, maxSessions, maxDpusPerSession, quotas, defaultOutputLocation },
      startDeadlineMs,
      starts: { maxStartingSessions: config.maxStartingSessions, memory: memoryGuard(config) },
    }),
  );
  // The pool closes before the sessions do, so that its members end before the server waits for starts under
  // way.
  if (pool) opened.defer(() => pool.close());
  const workGroups = await openWorkGroups({ config, data, sessions, now });
  await reconcile();
  const useCases = { sessions, calculations, executors, ...workGroups };
  const door = opened.use(
    await openFrontDoor({ config, data, isWithinRate, useCases, place, fleet, pool, progress, held, now, ticks }),
  );
  const endpoint = endpointUrl(door.address);
  // The AWS profile is written as soon as the endpoint is known, because adopted sessions may use the profile
  // already.
  await writeAwsProfile({ home: config.home, endpointUrl: endpoint, region: config.region, key: keys.primary });

  const loops = new AbortController();
  const retaining = {
    store,
    folders: place.leftovers,
    retentionMs: config.retentionMs,
    forgotten: () => metrics.count("glaux_sessions_forgotten_total", {}),
    now: steadyClock(now, ticks),
    log,
  };
  const running = [
    keepReconciled(loops.signal),
    reapIdle(loops.signal),
    keepRetention(retaining, loops.signal),
    ...(pool ? [pool.keepFilled(loops.signal)] : []),
  ];
  opened.defer(async () => {
    loops.abort();
    await settlesWithin(Promise.all(running), loopsEndWithinMs);
  });
  const { endpointFile } = config.paths;
  await announce(endpointFile, endpoint);
  opened.defer(() => rm(endpointFile, { force: true }));
  door.ready();
  log.info({ endpoint, home: config.home, pid: process.pid }, "service started");

  const parts = opened.move();
  const stop = async (endSessions: boolean) => {
    log.info({ endSessions }, "service stops");
    try {
      await rm(endpointFile, { force: true });
      // The port closes first, so that no session is started after the last look at the sessions.
      await door.close();
      if (!endSessions) return;
      try {
        await Promise.all([pool?.close(), sessions.terminateAll()]);
      } finally {
        await fleet.endAll(0); // the drivers of failed sessions, or all drivers if the store fails
      }
    } finally {
      await parts.disposeAsync();
      log.info("service stopped");
    }
  };
  let stopping: Promise<void> | undefined;
  const reopenLog = () => {
    log.reopen();
    log.info("log file opened anew");
  };
  return { endpoint, reopenLog, stop: ({ endSessions }) => (stopping ??= stop(endSessions)) };
}

/**
 * Writes the endpoint file. The file exists only while the service accepts requests, and it is never half
 * written.
 */
async function announce(file: string, endpoint: string): Promise<void> {
  const draft = `${file}.new`;
  await writeFile(draft, `${endpoint}\n`);
  await rename(draft, file);
}
