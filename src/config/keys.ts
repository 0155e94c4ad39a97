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
    doc: "Address and port of the service. Port 0 takes a free one; the URL is printed and written to `$GLAUX_HOME/run/endpoint`. `0.0.0.0` is all addresses; clients are told `127.0.0.1` then.",
  },
  credentialsFile: {
    env: "GLAUX_CREDENTIALS_FILE",
    schema: derived(z.string().min(1)),
    default: "",
    shownDefault: "`$GLAUX_HOME/credentials`, made by the first start",
    doc: "A file with the keys that is given to the service, such as a container's secret: read at each start, never made, and whoever gives it answers for who may read it.",
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
    shownDefault: "`3.5`, or `4` where no Python for it is to be had",
    doc: "Engine of workgroups whose engine version is AUTO, `primary` among them.",
  },
  pythonDownloads: {
    env: "GLAUX_PYTHON_DOWNLOADS",
    schema: z.enum(["automatic", "always", "never"]),
    default: "automatic",
    doc: "Whether the install of an engine may download a Python into `GLAUX_ENGINES`, by uv. `automatic`: where the machine has none that fits; `always`: whatever the machine has; `never`: it may not. The variables of uv hold, such as `UV_PYTHON_INSTALL_MIRROR`.",
  },
  maxSessions: {
    env: "GLAUX_MAX_SESSIONS",
    schema: z.coerce.number().int().min(1).max(10_000),
    default: "8",
    doc: "Sessions that may be active at once. One more is refused: TooManyRequestsException.",
  },
  maxSessionsPerWorkGroup: {
    env: "GLAUX_MAX_SESSIONS_PER_WORK_GROUP",
    schema: derived(count(1, 10_000)),
    default: "",
    shownDefault: "`GLAUX_MAX_SESSIONS`",
    doc: "The same for the sessions of any one workgroup.",
  },
  maxDpusPerSession: {
    env: "GLAUX_MAX_DPUS_PER_SESSION",
    schema: count(2, 5000),
    default: "5000",
    doc: "The largest MaxConcurrentDpus of a session. What asks for more is refused: InvalidRequestException, as where no DPUs are left.",
  },
  maxDpus: {
    env: "GLAUX_MAX_DPUS",
    schema: derived(count(2, 50_000_000)),
    default: "",
    shownDefault: "`GLAUX_MAX_SESSIONS` × `GLAUX_MAX_DPUS_PER_SESSION`",
    doc: "DPUs of all active sessions together, each counted as its MaxConcurrentDpus (20 where nobody says). The default refuses nothing: a local driver's size does not depend on them.",
  },
  maxDpusPerWorkGroup: {
    env: "GLAUX_MAX_DPUS_PER_WORK_GROUP",
    schema: derived(count(2, 50_000_000)),
    default: "",
    shownDefault: "`GLAUX_MAX_DPUS`",
    doc: "The same for the sessions of any one workgroup.",
  },
  maxStartingSessions: {
    env: "GLAUX_MAX_STARTING_SESSIONS",
    schema: count(1, 1000),
    default: String(Math.max(2, availableParallelism())),
    shownDefault: "all cores, at least 2",
    doc: "Sessions that may boot at once. Others wait in CREATING for their turn, in the order in which they came.",
  },
  memoryReserveMb: {
    env: "GLAUX_MEMORY_RESERVE_MB",
    schema: unless("off", count(0, 1_000_000_000)),
    default: "256",
    doc: "A session whose heap, and 512 MiB beside it, would leave less than this of the memory that the machine (or the server's cgroup) has available is FAILED instead of started, with the numbers. `off`: started whatever memory there is.",
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
    doc: "Requests a second, and after a slash how many may come at once (by default as many as in a second), that each access key has for each operation; `*` is every operation that is not named. What comes faster gets ThrottlingException, which SDKs wait for and try again. Example: `StartSession=1/5,*=50/200`.",
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
    doc: "Drivers of the default engine that are kept booted for sessions to come, so that those are ready at once; each takes some 400 MB.",
  },
  poolMax: {
    env: "GLAUX_POOL_MAX",
    schema: z.coerce.number().int().min(0).max(100),
    default: "2",
    doc: "Drivers that are kept booted at most, when many sessions are started; 0 keeps none. Fewer where memory is short.",
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
    // At least as long as requests are remembered by their tokens, because the answer to a repeated request
    // names its session.
    schema: z.coerce.number().min(2).max(36_500),
    default: "30",
    doc: "How long sessions that are over are kept: rows, calculations, tags, driver folders and logs. Results in buckets stay.",
  },
  sessionsAtSigterm: {
    env: "GLAUX_SESSIONS_AT_SIGTERM",
    schema: z.enum(["keep", "end"]),
    default: "keep",
    doc: "What becomes of sessions when the service gets SIGTERM. `keep`: they go on, and the next start takes them over; `end`: they end with it, as they have to where their processes would be killed, in a container.",
  },
  logLevel: {
    env: "GLAUX_LOG_LEVEL",
    schema: z.enum(["debug", "info", "warn", "error", "silent"]),
    default: "info",
    doc: "From which level on the service writes to its log.",
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
    doc: "The log is put aside, as `glaux.log.1` and so on, before it would be larger; 0 leaves that to others, such as logrotate (see docs/operating.md).",
  },
  olderLogFiles: {
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
