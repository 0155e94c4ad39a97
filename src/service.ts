import { rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { awsProfilePaths, profileName, writeAwsProfile } from "./access/aws-profile.ts";
import { endpointUrl } from "./access/endpoint-url.ts";
import { openKeys } from "./access/keys.ts";
import { operations } from "./api/operations.ts";
import { pageTokens } from "./api/page-token.ts";
import type { Config } from "./config/config.ts";
import type { EngineId } from "./domain/engine-version.ts";
import { makePrivateFolder } from "./config/private-folder.ts";
import { Fleet } from "./drivers/fleet.ts";
import { LocalPlace } from "./drivers/local/place.ts";
import { findEngine, listEngines } from "./engines/engines.ts";
import { changeHub } from "./lib/change-hub.ts";
import { makeFolder } from "./lib/make-folder.ts";
import { readMemory } from "./lib/memory.ts";
import { packageRoot, packageVersion } from "./lib/package-root.ts";
import { canRaisePriority } from "./lib/priority.ts";
import { settlesWithin } from "./lib/settles-within.ts";
import { openBuckets } from "./objects/buckets.ts";
import { openBucketFolders } from "./objects/bucket-folders.ts";
import { noPool } from "./pool/no-pool.ts";
import { Pool } from "./pool/pool.ts";
import { shareListener } from "./pool/share-listener.ts";
import { createHttpServer } from "./protocol/http-server.ts";
import { rateLimiter } from "./protocol/rate-limit.ts";
import { NotebookService } from "./notebooks/notebook-service.ts";
import { s3Service } from "./s3/service.ts";
import { internalPages } from "./internal-pages.ts";
import { ExecutorService } from "./sessions/executor-service.ts";
import { CalculationService } from "./sessions/calculation-service.ts";
import { driverEvents, type LiveProgress } from "./sessions/driver-events.ts";
import { heldAnswers } from "./sessions/held-answers.ts";
import { reapIdleSessions } from "./sessions/idle-reaper.ts";
import { LogDelivery } from "./sessions/log-delivery.ts";
import { outputSizes } from "./sessions/output-sizes.ts";
import { keepReconciled, reconcile } from "./sessions/reconciler.ts";
import { keepRetention, steadyClock } from "./sessions/retention.ts";
import { sessionReports } from "./sessions/session-reports.ts";
import { SessionService } from "./sessions/session-service.ts";
import { SessionStarter } from "./sessions/session-starter.ts";
import type { MemoryGuard } from "./sessions/start-queue.ts";
import { requireNotEmptied } from "./store/damage.ts";
import { FolderInUse, lockFolder } from "./store/folder-lock.ts";
import { openStore } from "./store/store.ts";
import { Resources } from "./tags/resources.ts";
import { TagService } from "./tags/tag-service.ts";
import { openLog } from "./telemetry/log.ts";
import { measuredAdoption, measuredListener } from "./telemetry/measured-drivers.ts";
import { measuredStore } from "./telemetry/measured-store.ts";
import { openMetrics } from "./telemetry/metrics.ts";
import { watchProcess } from "./telemetry/process-metrics.ts";
import { watchService } from "./telemetry/service-metrics.ts";
import { WorkGroupService } from "./workgroups/work-group-service.ts";

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

const drainMs = 5_000;
const loopsEndWithinMs = 10_000;

/**
 * The composition root: the only file that knows every part. Opens them in the order of their dependencies; what was opened is closed in reverse, also when a
 * later one fails to open.
 */
export async function startService(config: Config, env: Record<string, string>): Promise<Service> {
  await using opened = new AsyncDisposableStack();
  const now = Date.now;
  const ticks = () => performance.now();
  const isWithinRate = rateLimiter(config.rateLimits, ticks); // first, as it may refuse the setting
  const { paths, region, partition, accountId } = config;
  for (const folder of [config.home, paths.run]) await makeFolder(folder, { mode: 0o700 });
  opened.use(lockFolder(paths.run)); // before anything else is made, which whoever holds it may be removing
  for (const folder of [paths.drivers, paths.buckets]) await makeFolder(folder, { mode: 0o700 });
  await makePrivateFolder(paths.sockets);
  const log = openLog(config);
  const metrics = openMetrics();
  opened.use(watchProcess(metrics, { home: config.home, version: packageVersion() }));
  const keys = await openKeys({ home: config.home, credentialsFile: config.credentialsFile, partition, accountId });
  const buckets = openBuckets(paths.buckets);
  const bucketFolders = openBucketFolders(buckets);
  requireNotEmptied(paths.database, paths.drivers);
  const store = measuredStore(await openStore(paths.database), {
    metrics,
    outputSizes: ({ workingDirectory }) => outputSizes(bucketFolders.pathOf(workingDirectory)),
    now,
  });
  opened.defer(() => store.close());

  const hub = changeHub();
  const held = heldAnswers(hub, ticks, () => metrics.count("glaux_answers_held_total", {}));
  const defaultOutputLocation = `s3://glaux-${accountId}/`;
  await buckets.ensure(`glaux-${accountId}`);

  const shared = { store, hub, held, now, ticks, log };
  const progress: LiveProgress = new Map();
  const profilePaths = awsProfilePaths(config.home);
  const place = new LocalPlace({
    driversFolder: paths.drivers,
    socketsFolder: paths.sockets,
    bucketsFolder: paths.buckets,
    driverPackage: join(packageRoot(), "driver"),
    nodeId: store.nodeId,
    baseEnv: env,
    runnerEnv: {
      AWS_CONFIG_FILE: profilePaths.configFile,
      AWS_SHARED_CREDENTIALS_FILE: profilePaths.credentialsFile,
      AWS_PROFILE: profileName,
      AWS_REGION: region,
    },
    driverMemoryMb: config.driverMemoryMb,
    driverCores: config.driverCores,
    orphanMs: config.orphanMs,
    stopKillAfterMs: config.stopKillAfterMs,
    driverLogMaxBytes: config.driverLogMaxBytes,
  });
  const logs = new LogDelivery({
    ...shared,
    bucketFolders,
    logsOf: (driver) => fleet.siteOf(driver)?.logs,
    managedLogs: `${defaultOutputLocation}managed-logs`,
  });
  // The archive is the set-up's to rebuild; a session never waits for it.
  const findInstalled = (id: EngineId) => findEngine(config.enginesFolder, id, { rebuild: false });
  const sessionEvents = driverEvents({ ...shared, bucketFolders, progress, logs });
  const pool: Pool | undefined =
    config.pool.max === 0
      ? undefined
      : new Pool({
          drivers: { launch: (spec) => fleet.launch(spec), give: (...ids) => fleet.give(...ids) },
          findEngine: findInstalled,
          pathOf: (uri) => bucketFolders.pathOf(uri),
          facts: {
            driverMemoryMb: config.driverMemoryMb,
            driverCores: config.driverCores,
            isolation: "process",
            network: "host",
            buckets: paths.buckets,
          },
          defaultEngine: config.defaultEngine,
          bounds: config.pool,
          // Beside calculations that keep all cores busy, a boot at low priority takes many minutes.
          bootDeadlineMs: 15 * config.startDeadlineMs,
          memory: readMemory,
          canRaisePriority: canRaisePriority(),
          hub,
          now: ticks,
          log,
        });
  const fleet: Fleet = new Fleet({
    store: store.drivers,
    place,
    nodeId: store.nodeId,
    listener: measuredListener(pool ? shareListener(sessionEvents, pool) : sessionEvents, metrics),
    now,
    onFailure: (driver, error) => {
      log.error(
        { driverId: driver.id, err: error },
        "what a driver reported could not be read or stored; it is tried again where that can help",
      );
    },
  });
  opened.defer(() => fleet.detachAll());
  const starter = new SessionStarter({
    ...shared,
    drivers: fleet,
    findEngine: findInstalled,
    pool: pool ?? noPool,
    bucketFolders,
    startDeadlineMs: config.startDeadlineMs,
    starts: { maxStartingSessions: config.maxStartingSessions, memory: memoryGuard(config) },
  });
  opened.defer(() => starter.close());
  if (pool) opened.defer(() => pool.close());
  const { defaultEngine, maxSessions, maxDpusPerSession, quotas } = config;
  const rules = { defaultEngine, maxSessions, maxDpusPerSession, quotas, defaultOutputLocation };
  const sessions = new SessionService({ ...shared, starter, rules, bucketFolders, pool: pool ?? noPool });
  const calculations = new CalculationService({ ...shared, drivers: fleet, bucketFolders });
  const notebooks = new NotebookService({ store, objects: bucketFolders, defaultEngine: config.defaultEngine, now });
  const executors = new ExecutorService({ sessions, drivers: fleet, log });
  const workGroups = new WorkGroupService({
    store: store.workGroups,
    bucketFolders,
    sessions,
    installedEngines: async () => {
      const engines = await listEngines(config.enginesFolder);
      return engines.filter(({ installed }) => installed !== undefined).map(({ id }) => id);
    },
    now,
    ...rules,
  });
  const resources = new Resources(store, { partition, region, accountId });
  const tags = new TagService({ store: store.tags, resources });
  await workGroups.ensurePrimary();

  const pages = internalPages({
    progressOf: (id) => progress.get(id),
    sessions: sessionReports({
      store,
      siteOf: (driver) => fleet.siteOf(driver),
      driverOf: (sessionId) => fleet.ofSession(sessionId),
    }),
    metrics: async () => {
      const { text, errors } = await metrics.render();
      if (errors.length > 0) log.warn({ errors: errors.map(String) }, "some metrics could not be read");
      return text;
    },
    pool: () => pool?.status(),
  });
  const server = createHttpServer({
    region,
    findKey: (id) => keys.findKey(id),
    ...(config.rateLimits.size > 0 && { isWithinRate }),
    operations: operations({
      sessions,
      calculations,
      workGroups,
      notebooks,
      executors,
      tags,
      resources,
      tokens: pageTokens(store.secret),
    }),
    s3: s3Service({ buckets, region }),
    internal: (request) => pages.answer(request),
    answered: ({ durationMs, ...labels }) => metrics.time("glaux_request_duration_seconds", labels, durationMs),
    now,
    ticks,
    log,
  });
  watchService(metrics, { store, fleet, server });
  // Before the first request: what an earlier server left is settled by then, and nobody can meddle with it.
  const adoption = measuredAdoption(fleet, metrics);
  const reconciling = {
    store,
    now,
    log,
    starter,
    logs,
    fleet: {
      ...adoption,
      ofSession: (id: string) => fleet.ofSession(id),
      livesElsewhere: (id: string) => fleet.livesElsewhere(id),
    },
  };
  await reconcile(reconciling);
  const address = await server.listen(config.listen.host, config.listen.port);
  const closePort = once(async () => {
    pages.drain();
    held.release();
    await server.drain(drainMs);
  });
  opened.defer(closePort);
  const endpoint = endpointUrl(address);
  // Sessions may use the profile as soon as they are adopted.
  await writeAwsProfile({ home: config.home, endpointUrl: endpoint, region, key: keys.primary });

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
    keepReconciled(reconciling, loops.signal),
    reapIdleSessions({ ...shared, sessions }, loops.signal),
    keepRetention(retaining, loops.signal),
    ...(pool ? [pool.keepFilled(loops.signal)] : []),
  ];
  opened.defer(async () => {
    loops.abort();
    await settlesWithin(Promise.all(running), loopsEndWithinMs);
  });
  await announce(paths.endpointFile, endpoint);
  opened.defer(() => rm(paths.endpointFile, { force: true }));
  pages.ready();
  log.info({ endpoint, home: config.home, pid: process.pid }, "service started");

  const parts = opened.move();
  const stop = async (endSessions: boolean) => {
    log.info({ endSessions }, "service stops");
    try {
      await rm(paths.endpointFile, { force: true });
      await closePort(); // first, so that no session is started behind the last look
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

function memoryGuard({ memoryReserveMb, driverMemoryMb }: Config): MemoryGuard | undefined {
  return memoryReserveMb === undefined ? undefined : { read: readMemory, memoryReserveMb, driverMemoryMb };
}

function once(step: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => (done ??= step());
}

/** The file is there, whole, only while the service accepts requests. */
async function announce(file: string, endpoint: string): Promise<void> {
  const draft = `${file}.new`;
  await writeFile(draft, `${endpoint}\n`);
  await rename(draft, file);
}
