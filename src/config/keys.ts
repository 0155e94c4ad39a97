import { cpus, totalmem } from "node:os";
import { z } from "zod";
import type { EngineId } from "../domain/engine-version.ts";

/**
 * Every setting: its environment variable, schema, default and meaning. docs/settings.md and `glaux serve --help` are rendered from this table.
 * A default that depends on another setting or on the machine is a text here and made in config.ts.
 */
const seconds = (min: number, max: number) => z.coerce.number().min(min).max(max);

export const settingKeys = {
  home: {
    env: "GLAUX_HOME",
    schema: z.string().min(1),
    default: "~/.glaux",
    doc: "Data folder: database, credentials, buckets, engines, drivers.",
  },
  listen: {
    env: "GLAUX_LISTEN",
    schema: z.string().regex(/^(\[[0-9a-fA-F:.]+\]|[^:\s[\]]+):\d{1,5}$/, "must look like 127.0.0.1:8765"),
    default: "127.0.0.1:8765",
    doc: "Address and port of the service. Port 0 takes a free one; the URL is printed and written to `$GLAUX_HOME/run/endpoint`.",
  },
  region: {
    env: "GLAUX_REGION",
    schema: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, "must look like us-east-1"),
    default: "us-east-1",
    doc: "Region that requests must be signed for.",
  },
  partition: {
    env: "GLAUX_PARTITION",
    schema: z.string().regex(/^aws(-[a-z]+)*$/, "must look like aws"),
    default: "aws",
    doc: "Partition in ARNs, `arn:<partition>:athena:…`.",
  },
  accountId: {
    env: "GLAUX_ACCOUNT_ID",
    schema: z.string().regex(/^\d{12}$/, "must be 12 digits"),
    default: "000000000000",
    doc: "Account id in ARNs and in the name of the default bucket, `s3://glaux-<account>/`.",
  },
  engines: {
    env: "GLAUX_ENGINES",
    schema: z.string().min(1),
    default: "$GLAUX_HOME/engines",
    doc: "Folder of the installed Spark engines; several servers may share it.",
  },
  defaultEngine: {
    env: "GLAUX_DEFAULT_ENGINE",
    schema: z.enum(["3.5", "4"] satisfies EngineId[]),
    default: "3.5",
    doc: "Engine of workgroups whose engine version is AUTO, `primary` among them.",
  },
  maxSessions: {
    env: "GLAUX_MAX_SESSIONS",
    schema: z.coerce.number().int().min(1).max(10_000),
    default: "8",
    doc: "Sessions that may be active at once.",
  },
  driverCores: {
    env: "GLAUX_DRIVER_CORES",
    schema: z.coerce.number().int().min(1).max(1024),
    default: String(cpus().length),
    shownDefault: "all cores",
    doc: "Cores of a session's Spark, the N of `local[N]`.",
  },
  driverMemoryMb: {
    env: "GLAUX_DRIVER_MEMORY_MB",
    schema: z.coerce.number().int().min(512),
    default: String(Math.max(1024, Math.min(4096, Math.floor(totalmem() / 4 / 1024 / 1024)))),
    shownDefault: "a quarter of the memory, between 1024 and 4096",
    doc: "Heap of a session's JVM in MiB.",
  },
  startDeadlineSeconds: {
    env: "GLAUX_START_DEADLINE_SECONDS",
    schema: seconds(1, 3600),
    default: "120",
    doc: "A session that is not ready after this time fails.",
  },
  orphanMinutes: {
    env: "GLAUX_ORPHAN_MINUTES",
    schema: z.coerce.number().positive().max(10_080),
    default: "15",
    doc: "A session's processes end by themselves if no server has been connected for this long and no calculation runs.",
  },
  stopKillAfterSeconds: {
    env: "GLAUX_STOP_KILL_AFTER_SECONDS",
    schema: seconds(1, 600),
    default: "5",
    doc: "When a stopped calculation still runs after this time, its Python process is replaced, and variables are lost.",
  },
  retentionDays: {
    env: "GLAUX_RETENTION_DAYS",
    // Not less than requests are remembered by their tokens: the answer to a repeated one names its session.
    schema: z.coerce.number().min(2).max(36_500),
    default: "30",
    doc: "How long sessions that are over are kept: rows, calculations, tags, driver folders and logs. Results in buckets stay.",
  },
  logLevel: {
    env: "GLAUX_LOG_LEVEL",
    schema: z.enum(["debug", "info", "warn", "error", "silent"]),
    default: "info",
    doc: "From which level on the service writes to its log.",
  },
  log: {
    env: "GLAUX_LOG",
    schema: z.string().min(1),
    default: "$GLAUX_HOME/glaux.log",
    doc: "The service's log, one JSON object a line; `-` is standard error.",
  },
  logMaxMb: {
    env: "GLAUX_LOG_MAX_MB",
    schema: z.coerce.number().min(0).max(100_000),
    default: "50",
    doc: "The log is put aside, as `glaux.log.1` and so on, before it would be larger; 0 leaves that to others, such as logrotate (see docs/operating.md).",
  },
  logFiles: {
    env: "GLAUX_LOG_FILES",
    schema: z.coerce.number().int().min(1).max(1000),
    default: "5",
    doc: "How many logs that were put aside are kept.",
  },
  driverLogMaxMb: {
    env: "GLAUX_DRIVER_LOG_MAX_MB",
    schema: z.coerce.number().min(1).max(100_000),
    default: "16",
    doc: "A session's `spark.log` and `driver.log` are put aside, as `spark.log.1` and `driver.log.1`, when they are about this large.",
  },
} as const;

export type SettingName = keyof typeof settingKeys;
