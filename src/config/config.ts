import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { z } from "zod";
import type { EngineId } from "../domain/engine-version.ts";
import { homeFolder } from "../lib/home-folder.ts";
import { settingKeys, type SettingName } from "./keys.ts";

/** All settings, read once, checked and typed, with the paths that follow from them. Holds no secret. */
export interface Config {
  home: string;
  listen: { host: string; port: number };
  /** Undefined: the data folder's own file, which is made if it is missing. */
  credentialsFile: string | undefined;
  region: string;
  partition: string;
  accountId: string;
  enginesFolder: string;
  defaultEngine: EngineId;
  /** False: another engine may take the default engine's place if that one cannot run here. */
  isDefaultEngineSet: boolean;
  pythonDownloads: "automatic" | "always" | "never";
  maxSessions: number;
  maxDpusPerSession: number;
  quotas: { maxSessionsPerWorkGroup: number; maxDpus: number; maxDpusPerWorkGroup: number };
  /** By operation; `*` stands for every operation that is not named. Empty: no limits. */
  rateLimits: ReadonlyMap<string, { perSecond: number; burst: number }>;
  maxStartingSessions: number;
  /** Undefined: sessions are started without a look at the memory. */
  memoryReserveMb: number | undefined;
  driverCores: number;
  driverMemoryMb: number;
  /** A maximum of 0 means no pool. */
  pool: { min: number; max: number };
  startDeadlineMs: number;
  orphanMs: number;
  stopKillAfterMs: number;
  retentionMs: number;
  sessionsAtSigterm: "keep" | "end";
  logLevel: "debug" | "info" | "warn" | "error" | "silent";
  /** A path, or `-` for standard error. */
  logFile: string;
  /** 0 means no limit. */
  logMaxBytes: number;
  olderLogFiles: number;
  driverLogMaxBytes: number;
  paths: Paths;
}

export interface Paths {
  database: string;
  buckets: string;
  drivers: string;
  run: string;
  endpointFile: string;
  /** A folder whose path is short enough for Unix sockets, wherever the data folder is. */
  sockets: string;
}

/** A setting that cannot be used; the message names it. */
export class ConfigError extends Error {}

type Settings = { [Name in SettingName]: z.infer<(typeof settingKeys)[Name]["schema"]> };

const megabyte = 1024 * 1024;

export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const settings = readSettings(env);
  const home = resolve(expandHome(settings.home));
  return {
    home,
    listen: parseListen(settings.listen),
    credentialsFile: settings.credentialsFile === undefined ? undefined : inHome(settings.credentialsFile, home),
    region: settings.region,
    partition: settings.partition,
    accountId: settings.accountId,
    enginesFolder: inHome(settings.enginesFolder, home),
    defaultEngine: settings.defaultEngine ?? "3.5",
    isDefaultEngineSet: settings.defaultEngine !== undefined,
    pythonDownloads: settings.pythonDownloads,
    maxSessions: settings.maxSessions,
    maxDpusPerSession: settings.maxDpusPerSession,
    quotas: quotasOf(settings),
    rateLimits: parseRateLimits(settings.rateLimits),
    maxStartingSessions: settings.maxStartingSessions,
    memoryReserveMb: settings.memoryReserveMb,
    driverCores: settings.driverCores,
    driverMemoryMb: settings.driverMemoryMb,
    pool: { min: Math.min(settings.poolMin, settings.poolMax), max: settings.poolMax },
    startDeadlineMs: settings.startDeadlineSeconds * 1000,
    orphanMs: settings.orphanMinutes * 60_000,
    stopKillAfterMs: settings.stopKillAfterSeconds * 1000,
    retentionMs: settings.retentionDays * 86_400_000,
    sessionsAtSigterm: settings.sessionsAtSigterm,
    logLevel: settings.logLevel,
    logFile: settings.logFile === "-" ? "-" : inHome(settings.logFile, home),
    logMaxBytes: Math.round(settings.logMaxMb * megabyte),
    olderLogFiles: settings.olderLogFiles,
    driverLogMaxBytes: Math.round(settings.driverLogMaxMb * megabyte),
    paths: pathsOf(home),
  };
}

/** An empty variable counts as absent, as in a shell's `${NAME:-default}`. */
function readSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  const entries = (Object.keys(settingKeys) as SettingName[]).map((name) => {
    const key = settingKeys[name];
    const text = env[key.env] === "" ? undefined : env[key.env];
    const result = key.schema.safeParse(text ?? key.default);
    if (result.success) return [name, result.data];
    throw new ConfigError(`${key.env}=${text ?? ""}: ${result.error.issues.map((issue) => issue.message).join("; ")}`);
  });
  return Object.fromEntries(entries) as Settings;
}

function quotasOf(settings: Settings): Config["quotas"] {
  const maxDpus = settings.maxDpus ?? settings.maxSessions * settings.maxDpusPerSession;
  return {
    maxSessionsPerWorkGroup: settings.maxSessionsPerWorkGroup ?? settings.maxSessions,
    maxDpus,
    maxDpusPerWorkGroup: settings.maxDpusPerWorkGroup ?? maxDpus,
  };
}

function parseRateLimits(text: string): Config["rateLimits"] {
  const entries = text.split(",").filter((entry) => entry.trim() !== "");
  const limits = entries.map((entry) => {
    const [name = "", rate = ""] = entry.trim().split("=");
    const [perSecond = NaN, burst = Math.max(1, Math.ceil(perSecond))] = rate.split("/").map(Number);
    if (!(perSecond > 0)) throw new ConfigError(`GLAUX_RATE_LIMITS: ${name} would never be answered`);
    return [name, { perSecond, burst }] as const;
  });
  return new Map(limits);
}

function inHome(path: string, home: string): string {
  return resolve(expandHome(path.replace(/^\$GLAUX_HOME(?=\/|$)/, () => home)));
}

function pathsOf(home: string): Paths {
  const run = join(home, "run");
  return {
    database: join(home, "glaux.db"),
    buckets: join(home, "buckets"),
    drivers: join(home, "drivers"),
    run,
    endpointFile: join(run, "endpoint"),
    sockets: shortFolder(join(run, "d"), home),
  };
}

/**
 * Linux allows 107 bytes for a socket's path, and a driver's socket is `<folder>/<12 characters>.sock`. The
 * path of the folder for temporary files may be too long as well.
 */
function shortFolder(wanted: string, home: string): string {
  const digest = createHash("sha256").update(home).digest("hex").slice(0, 12);
  const name = `glaux-${String(process.getuid?.())}-${digest}`;
  const isShort = (path: string) => Buffer.byteLength(path) <= 80;
  return [wanted, join(tmpdir(), name)].find(isShort) ?? join("/tmp", name);
}

function expandHome(path: string): string {
  if (/^~[^/]/.test(path)) throw new ConfigError(`${path}: only ~/ is known, not the home folders of other users`);
  if (path !== "~" && !path.startsWith("~/")) return path;
  const home = homeFolder();
  if (home === undefined)
    throw new ConfigError(
      `${path}: HOME is not set, and the system knows no home folder of user ${String(process.getuid?.())}. Set HOME, or GLAUX_HOME to a folder of this user`,
    );
  return join(home, path.slice(1));
}

function parseListen(text: string): { host: string; port: number } {
  const colon = text.lastIndexOf(":");
  const port = Number(text.slice(colon + 1));
  if (port > 65_535) throw new ConfigError(`${settingKeys.listen.env}=${text}: there is no port ${String(port)}`);
  return { host: text.slice(0, colon).replace(/^\[|\]$/g, ""), port };
}
