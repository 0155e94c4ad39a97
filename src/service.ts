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
   * Answers what is in flight and closes. With `endSessions` every session is terminated and no process of one is left; without, sessions go on, and the next
   * start takes them over.
   */
  stop(options: { endSessions: boolean }): Promise<void>;
  /** After somebody has moved the log file away: goes on in a new one. */
  reopenLog(): void;
}

const loopsEndWithinMs = 10_000;

/**
 * The composition root. Opens the parts in the order of their dependencies (`service/` has a file for each); what was
 * opened is closed in reverse, also when a later one fails to open.
 */
export async function startService(config: Config, env: Record<string, string>): Promise<Service> {
  await using opened = new AsyncDisposableStack();
  const now = Date.now;
  const ticks = () => performance.now();
  // First, as it may refuse the setting.
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
  // The archive is the set-up's to rebuild; a session never waits for it.
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
  // Its members end before starts that are under way are waited for.
  if (pool) opened.defer(() => pool.close());
  const workGroups = await openWorkGroups({ config, data, sessions, now });
  await reconcile();
  const useCases = { sessions, calculations, executors, ...workGroups };
  const door = opened.use(
    await openFrontDoor({ config, data, isWithinRate, useCases, place, fleet, pool, progress, held, now, ticks }),
  );
  const endpoint = endpointUrl(door.address);
  // Sessions may use the profile as soon as they are adopted.
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
      await door.close(); // first, so that no session is started behind the last look
      if (!endSessions) return;
      try {
        await Promise.all([pool?.close(), sessions.terminateAll()]);
      } finally {
        await fleet.endAll(0); // those of sessions that have failed; all of them where the store takes nothing
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

/** The file is there, whole, only while the service accepts requests. */
async function announce(file: string, endpoint: string): Promise<void> {
  const draft = `${file}.new`;
  await writeFile(draft, `${endpoint}\n`);
  await rename(draft, file);
}
