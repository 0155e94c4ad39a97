import { lstat, readdir, readlink, realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Config } from "../../config/config.ts";
import { readSummary, type StoreSummary } from "../../store/summary.ts";
import { isInside } from "./inside.ts";
import { measure, type Size } from "./measure.ts";
import { isDatabase, isKeys, isLog, isOwnName, markerIn } from "./own-names.ts";

/** What a data folder holds, and what becomes of it. All paths are absolute. */
export interface Holdings {
  folder: string;
  /** An earlier reset has removed some of it. */
  isInterrupted: boolean;
  databases: string[];
  /** Undefined if there is no database, or none that can be read. */
  store: StoreSummary | undefined;
  buckets: { name: string; size: Size }[];
  drivers: { count: number; size: Size };
  keys: string[];
  logs: string[];
  /** Links that are removed; what they lead to stays. */
  links: { path: string; target: string }[];
  /** The engines' folders stay, and so do the paths that follow. */
  engines: string[];
  logElsewhere: string | undefined;
  others: string[];
}

/**
 * The count of files in the buckets and the drivers' folders ends after this time, however many there are.
 */
const countingMs = 2_000;

export async function readHoldings(folder: string, { enginesFolder, logFile }: Config): Promise<Holdings> {
  const names = (await readdir(folder)).sort();
  const pathsOf = (isWanted: (name: string) => boolean) => names.filter(isWanted).map((name) => join(folder, name));
  const until = performance.now() + countingMs;
  const isLate = () => performance.now() > until;
  const buckets = await entriesOf(join(folder, "buckets"));
  const drivers = await entriesOf(join(folder, "drivers"));
  const logFolder = logFile === "-" ? undefined : await truePath(dirname(logFile));
  const isLogInside = logFolder !== undefined && isInside(logFolder, folder);
  const ownLogs = pathsOf((name) => isLog(name, "glaux.log"));
  const logs = isLogInside ? [...new Set([...ownLogs, ...(await logsIn(logFolder, basename(logFile)))])] : ownLogs;
  const engines = (await Promise.all([join(folder, "engines"), enginesFolder].map(truePath))).filter(isThere);
  return {
    folder,
    isInterrupted: await exists(markerIn(folder)),
    databases: pathsOf(isDatabase),
    store: readSummary(join(folder, "glaux.db")),
    buckets: await inTurn(buckets, async (path) => ({ name: basename(path), size: await measure(path, isLate) })),
    drivers: { count: drivers.length, size: await measure(join(folder, "drivers"), isLate) },
    keys: pathsOf((name) => isKeys(name) || name === "aws"),
    logs,
    links: await linksAmong([...pathsOf(isOwnName), ...buckets, ...drivers, ...logs]),
    engines: [...new Set(engines)],
    logElsewhere: !isLogInside && logFile !== "-" && (await exists(logFile)) ? logFile : undefined,
    others: pathsOf((name) => !isOwnName(name) && name !== "engines").filter(
      (path) => !logs.includes(path) && !engines.includes(path),
    ),
  };
}

/** The paths of a folder's entries. Empty if it is no folder, or a link to a folder. */
async function entriesOf(folder: string): Promise<string[]> {
  if (!(await lstat(folder).catch(() => undefined))?.isDirectory()) return [];
  return (await readdir(folder)).sort().map((name) => join(folder, name));
}

async function logsIn(folder: string, log: string): Promise<string[]> {
  return (await entriesOf(folder)).filter((path) => isLog(basename(path), log));
}

async function linksAmong(paths: readonly string[]): Promise<{ path: string; target: string }[]> {
  const found = await inTurn([...new Set(paths)], async (path) => {
    const target = await readlink(path).catch(() => undefined);
    return target === undefined ? undefined : { path, target };
  });
  return found.filter(isThere);
}

async function inTurn<T, R>(items: readonly T[], step: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const item of items) results.push(await step(item));
  return results;
}

const truePath = (path: string): Promise<string | undefined> => realpath(path).catch(() => undefined);
const exists = async (path: string) => (await lstat(path).catch(() => undefined)) !== undefined;
const isThere = <T>(value: T | undefined): value is T => value !== undefined;
