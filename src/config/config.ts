import { createHash } from "node:crypto";
import { homedir, tmpdir, userInfo } from "node:os";
import { join, resolve } from "node:path";
import type { EngineId } from "../domain/engine-version.ts";
import { settingKeys, type SettingName } from "./keys.ts";

/** All settings, read once, checked and typed, with the paths that follow from them. Holds no secret. */
export interface Config {
  home: string;
  listen: { host: string; port: number };
  region: string;
  accountId: string;
  enginesFolder: string;
  defaultEngine: EngineId;
  maxSessions: number;
  driverCores: number;
  driverMemoryMb: number;
  startDeadlineMs: number;
  orphanMs: number;
  stopKillAfterMs: number;
  logLevel: "debug" | "info" | "warn" | "error" | "silent";
  /** A path, or `-` for standard error. */
  logFile: string;
  paths: Paths;
}

export interface Paths {
  database: string;
  credentials: string;
  awsFolder: string;
  buckets: string;
  drivers: string;
  run: string;
  endpointFile: string;
  /** Short enough for Unix sockets, wherever the data folder is. */
  sockets: string;
}

/** A setting that cannot be used; the message names it. */
export class ConfigError extends Error {}

export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const text = (name: SettingName) => env[settingKeys[name].env] ?? settingKeys[name].default;
  const parsed = <N extends SettingName>(name: N) => {
    const result = settingKeys[name].schema.safeParse(text(name));
    if (result.success) return result.data;
    throw new ConfigError(
      `${settingKeys[name].env}=${text(name)}: ${result.error.issues.map((issue) => issue.message).join("; ")}`,
    );
  };
  const home = resolve(expandHome(parsed("home") as string));
  return {
    home,
    listen: parseListen(parsed("listen") as string),
    region: parsed("region") as string,
    accountId: parsed("accountId") as string,
    enginesFolder: env[settingKeys.engines.env]
      ? resolve(expandHome(parsed("engines") as string))
      : join(home, "engines"),
    defaultEngine: parsed("defaultEngine") as EngineId,
    maxSessions: parsed("maxSessions") as number,
    driverCores: parsed("driverCores") as number,
    driverMemoryMb: parsed("driverMemoryMb") as number,
    startDeadlineMs: (parsed("startDeadlineSeconds") as number) * 1000,
    orphanMs: (parsed("orphanMinutes") as number) * 60_000,
    stopKillAfterMs: (parsed("stopKillAfterSeconds") as number) * 1000,
    logLevel: parsed("logLevel") as Config["logLevel"],
    logFile: logFile(env[settingKeys.log.env], home),
    paths: pathsOf(home),
  };
}

function logFile(setting: string | undefined, home: string): string {
  if (!setting) return join(home, "glaux.log");
  return setting === "-" ? setting : resolve(expandHome(setting));
}

function pathsOf(home: string): Paths {
  const run = join(home, "run");
  return {
    database: join(home, "glaux.db"),
    credentials: join(home, "credentials"),
    awsFolder: join(home, "aws"),
    buckets: join(home, "buckets"),
    drivers: join(home, "drivers"),
    run,
    endpointFile: join(run, "endpoint"),
    sockets: shortFolder(join(run, "d"), home),
  };
}

/** Linux allows 107 bytes for a socket's path; a driver's is `<folder>/<12 characters>.sock`. */
function shortFolder(wanted: string, home: string): string {
  if (Buffer.byteLength(wanted) <= 80) return wanted;
  const digest = createHash("sha256").update(home).digest("hex").slice(0, 12);
  return join(tmpdir(), `glaux-${String(userInfo().uid)}-${digest}`);
}

function expandHome(path: string): string {
  return path === "~" || path.startsWith("~/") ? join(homedir(), path.slice(1)) : path;
}

function parseListen(text: string): { host: string; port: number } {
  const colon = text.lastIndexOf(":");
  const port = Number(text.slice(colon + 1));
  if (port > 65_535) throw new ConfigError(`${settingKeys.listen.env}=${text}: there is no port ${String(port)}`);
  return { host: text.slice(0, colon).replace(/^\[|\]$/g, ""), port };
}
