import { availableParallelism, totalmem } from "node:os";
import { z } from "zod";
import type { EngineId } from "../domain/engine-version.ts";
import { readMemory } from "../lib/memory.ts";

/**
 * Every setting: its environment variable, schema, default and meaning. docs/settings.md and `glaux serve
 * --help` are rendered from this table. If a default depends on another setting or on the machine, the table
 * has a text for it, and config.ts computes it.
 */
const seconds = (min: number, max: number) => z.coerce.number().min(min).max(max);
const count = (min: number, max: number) => z.coerce.number().int().min(min).max(max);
/** A schema that turns this word into undefined. */
const unless = <Schema extends z.ZodType>(word: string, schema: Schema) =>
  z.preprocess((text) => (text === word ? undefined : text), schema.optional());
/** A setting whose default is another setting's value: undefined if it is empty. */
const derived = <Schema extends z.ZodType>(schema: Schema) => unless("", schema);

/** The machine's memory in MiB; in a container, the container's. */
const memoryMb = Math.min(readMemory().totalMb, totalmem() / 1024 / 1024);

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
    doc: "Address and port of the service. Port 0 takes a free one; the URL is printed and written to `$GLAUX_HOME/run/endpoint`. `0.0.0.0` listens on all addresses; the printed URL then has `127.0.0.1`.",
  },
  credentialsFile: {
    env: "GLAUX_CREDENTIALS_FILE",
    schema: derived(z.string().min(1)),
    default: "",
    shownDefault: "`$GLAUX_HOME/credentials`, made by the first start",
    doc: "A file with the service's keys that somebody else provides, such as a container's secret. The service reads it at each start, never writes it, and does not check who can read it.",
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
  enginesFolder: {
    env: "GLAUX_ENGINES",
    schema: z.string().min(1),
    default: "$GLAUX_HOME/engines",
    doc: "Folder of the installed Spark engines; several servers may share it.",
  },
  defaultEngine: {
    env: "GLAUX_DEFAULT_ENGINE",
    schema: derived(z.enum(["3.5", "4"] satisfies EngineId[])),
    default: "",
    shownDefault: "`3.5`, or `4` if no Python for Spark 3.5 can be had",
    doc: "Engine of workgroups whose engine version is AUTO, `primary` among them.",
  },
  pythonDownloads: {
    env: "GLAUX_PYTHON_DOWNLOADS",
    schema: z.enum(["automatic", "always", "never"]),
    default: "automatic",
    doc: "Whether the install of an engine may download a Python into `GLAUX_ENGINES`, by uv. `automatic`: only if the machine has no Python that fits; `always`: even if the machine has one; `never`: nothing is downloaded. uv's own variables apply, such as `UV_PYTHON_INSTALL_MIRROR`.",
  },
  maxSessions: {
    env: "GLAUX_MAX_SESSIONS",
    schema: z.coerce.number().int().min(1).max(10_000),
    default: "8",
    doc: "How many sessions may be active at once. StartSession for a further session gets TooManyRequestsException.",
  },
  maxSessionsPerWorkGroup: {
    env: "GLAUX_MAX_SESSIONS_PER_WORK_GROUP",
    schema: derived(count(1, 10_000)),
    default: "",
    shownDefault: "`GLAUX_MAX_SESSIONS`",
    doc: "How many sessions of one workgroup may be active at once.",
  },
  maxDpusPerSession: {
    env: "GLAUX_MAX_DPUS_PER_SESSION",
    schema: count(2, 5000),
    default: "5000",
    doc: "The largest MaxConcurrentDpus that a session may ask for. A request for more gets InvalidRequestException, and so does a request that exceeds the DPUs which are left.",
  },
  maxDpus: {
    env: "GLAUX_MAX_DPUS",
    schema: derived(count(2, 50_000_000)),
    default: "",
    shownDefault: "`GLAUX_MAX_SESSIONS` × `GLAUX_MAX_DPUS_PER_SESSION`",
    doc: "How many DPUs all active sessions may have together. A session counts as its MaxConcurrentDpus, or as 20 if its request names none. The default refuses nothing, because the size of a local driver does not depend on DPUs.",
  },
  maxDpusPerWorkGroup: {
    env: "GLAUX_MAX_DPUS_PER_WORK_GROUP",
    schema: derived(count(2, 50_000_000)),
    default: "",
    shownDefault: "`GLAUX_MAX_DPUS`",
    doc: "How many DPUs the active sessions of one workgroup may have together.",
  },
  maxStartingSessions: {
    env: "GLAUX_MAX_STARTING_SESSIONS",
    schema: count(1, 1000),
    default: String(Math.max(2, availableParallelism())),
    shownDefault: "all cores, at least 2",
    doc: "How many sessions may boot at once. Further sessions wait in CREATING, in the order of their requests.",
  },
  memoryReserveMb: {
    env: "GLAUX_MEMORY_RESERVE_MB",
    schema: unless("off", count(0, 1_000_000_000)),
    default: "256",
    doc: "Memory in MiB that a start must leave free. A session is taken to need its heap and 512 MiB more. If the machine (or the server's cgroup) would have less memory available than this setting afterwards, the session becomes FAILED, and its reason has the numbers. `off`: sessions start whatever memory there is.",
  },
  rateLimits: {
    env: "GLAUX_RATE_LIMITS",
    schema: z
      .string()
      .regex(
        /^(\s*(\*|[A-Za-z]+)=(\d+\.?\d*|\.\d+)(\/[1-9]\d*)?\s*(,|$))*$/,
        "must look like StartSession=1/5,*=50/200",
      ),
    default: "",
    shownDefault: "none",
    doc: "How many requests a second each access key may send for an operation and, after a slash, how many of them may come at once (default: as many as in a second). `*` stands for every operation that is not named. Requests above the limit get ThrottlingException, after which SDKs wait and retry. Example: `StartSession=1/5,*=50/200`.",
  },
  driverCores: {
    env: "GLAUX_DRIVER_CORES",
    schema: z.coerce.number().int().min(1).max(1024),
    default: String(availableParallelism()),
    shownDefault: "all cores",
    doc: "Cores of a session's Spark, the N of `local[N]`.",
  },
  driverMemoryMb: {
    env: "GLAUX_DRIVER_MEMORY_MB",
    schema: z.coerce.number().int().min(512),
    default: String(Math.max(1024, Math.min(4096, Math.floor(memoryMb / 4)))),
    shownDefault: "a quarter of the memory, between 1024 and 4096",
    doc: "Heap of a session's JVM in MiB.",
  },
  poolMin: {
    env: "GLAUX_POOL_MIN",
    schema: z.coerce.number().int().min(0).max(100),
    default: "1",
    doc: "How many drivers of the default engine are always kept booted, so that the next sessions are ready at once. Each driver takes some 400 MB.",
  },
  poolMax: {
    env: "GLAUX_POOL_MAX",
    schema: z.coerce.number().int().min(0).max(100),
    default: "2",
    doc: "The largest number of drivers that are kept booted, which the pool reaches when many sessions are started. 0 turns the pool off. The pool keeps fewer drivers when the machine's memory is short.",
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
    doc: "A session's processes end by themselves if no server has been connected to them for this long and no calculation runs.",
  },
  stopKillAfterSeconds: {
    env: "GLAUX_STOP_KILL_AFTER_SECONDS",
    schema: seconds(1, 600),
    default: "5",
    doc: "If a stopped calculation still runs after this time, its Python process is replaced, and the session's variables are lost.",
  },
  retentionDays: {
    env: "GLAUX_RETENTION_DAYS",
    // At least as long as requests are remembered by their tokens, because the answer to a repeated request
    // names its session.
    schema: z.coerce.number().min(2).max(36_500),
    default: "30",
    doc: "How long sessions that are over are kept, with their calculations, tags, driver folders and logs. Results in buckets are kept for ever.",
  },
  sessionsAtSigterm: {
    env: "GLAUX_SESSIONS_AT_SIGTERM",
    schema: z.enum(["keep", "end"]),
    default: "keep",
    doc: "What becomes of sessions when the service gets SIGTERM. `keep`: sessions go on, and the next start takes them over. `end`: sessions end with the service. In a container use `end`, because the container's end would kill their processes.",
  },
  logLevel: {
    env: "GLAUX_LOG_LEVEL",
    schema: z.enum(["debug", "info", "warn", "error", "silent"]),
    default: "info",
    doc: "The lowest level of messages that the service writes to its log.",
  },
  logFile: {
    env: "GLAUX_LOG",
    schema: z.string().min(1),
    default: "$GLAUX_HOME/glaux.log",
    doc: "The service's log, one JSON object a line; `-` is standard error.",
  },
  logMaxMb: {
    env: "GLAUX_LOG_MAX_MB",
    schema: z.coerce.number().min(0).max(100_000),
    default: "50",
    doc: "Before the log grows beyond this size, it is renamed to `glaux.log.1`, and older logs to `glaux.log.2` and so on. 0: the service never does that, because something else does, such as logrotate (see docs/operating.md).",
  },
  olderLogFiles: {
    env: "GLAUX_LOG_FILES",
    schema: z.coerce.number().int().min(1).max(1000),
    default: "5",
    doc: "How many renamed logs are kept.",
  },
  driverLogMaxMb: {
    env: "GLAUX_DRIVER_LOG_MAX_MB",
    schema: z.coerce.number().min(1).max(100_000),
    default: "16",
    doc: "When a session's `spark.log` or `driver.log` has grown to about this size, it is renamed to `spark.log.1` or `driver.log.1`.",
  },
} as const;

export type SettingName = keyof typeof settingKeys;
