import { type Keys, openKeys } from "../access/keys.ts";
import type { Config } from "../config/config.ts";
import { makePrivateFolder } from "../config/private-folder.ts";
import { makeFolder } from "../lib/make-folder.ts";
import { packageVersion } from "../lib/package-root.ts";
import { type Buckets, openBuckets } from "../objects/buckets.ts";
import { openBucketFolders } from "../objects/bucket-folders.ts";
import { outputSizes } from "../sessions/output-sizes.ts";
import { requireNotEmptied } from "../store/damage.ts";
import { lockFolder } from "../store/folder-lock.ts";
import { openStore } from "../store/store.ts";
import type { Store } from "../store/types.ts";
import { openLog } from "../telemetry/log.ts";
import { measuredStore } from "../telemetry/measured-store.ts";
import { type Metrics, openMetrics } from "../telemetry/metrics.ts";
import { watchProcess } from "../telemetry/process-metrics.ts";

/**
 * The data folder, locked, and what this server keeps in it. Disposing of it closes the store and unlocks the
 * folder.
 */
export interface Data extends AsyncDisposable {
  readonly log: ReturnType<typeof openLog>;
  readonly metrics: Metrics;
  readonly keys: Keys;
  readonly buckets: Buckets;
  readonly bucketFolders: ReturnType<typeof openBucketFolders>;
  readonly store: Store;
  /** `s3://…`; the bucket exists. */
  readonly defaultOutputLocation: string;
}

/** Throws FolderInUse if another server holds the folder. Nothing has been changed in that case. */
export async function openData(config: Config, now: () => number): Promise<Data> {
  await using opened = new AsyncDisposableStack();
  const { paths, partition, accountId } = config;
  for (const folder of [config.home, paths.run]) await makeFolder(folder, { mode: 0o700 });
  // The lock comes before anything else is made, because its holder may be removing files just now.
  opened.use(lockFolder(paths.run));
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
  const bucket = `glaux-${accountId}`;
  await buckets.ensure(bucket);
  const parts = opened.move();
  return {
    ...{ log, metrics, keys, buckets, bucketFolders, store, defaultOutputLocation: `s3://${bucket}/` },
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}
