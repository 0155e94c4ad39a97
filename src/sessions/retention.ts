import { delay } from "../lib/delay.ts";
import type { Leftovers } from "../drivers/place.ts";
import type { RetentionStore } from "../store/types.ts";
import type { Log } from "./types.ts";

export interface RetentionDeps {
  store: { retention: RetentionStore };
  folders: Leftovers;
  retentionMs: number;
  /** Called for each session that was removed. */
  forgotten: () => void;
  now: () => number;
  log: Log;
}

const everyMs = 3600_000;
/**
 * How many rows one statement may remove. A calculation's row may be large, because it holds the
 * calculation's code.
 */
const stepRows = 50;
/** Milliseconds of pause between two steps, so that requests come first. */
const pauseMs = 5;

/**
 * Removes sessions that have been over for longer than the retention time: their rows, driver folders and
 * logs. Looks at once and then every hour until `signal` fires. Each step removes only a few rows. Rows are
 * removed before folders, because a folder without a row is found again: what a crash leaves half removed is
 * removed at a later look.
 */
export async function keepRetention(deps: RetentionDeps, signal: AbortSignal): Promise<void> {
  do {
    try {
      const sessions = await forgetExpired(deps, signal);
      if (sessions > 0) deps.log.info({ sessions }, "removed sessions whose retention time is over");
    } catch (error) {
      deps.log.error({ err: error }, "removing old sessions failed; it is tried again");
    }
  } while (await delay(everyMs, signal));
}

/**
 * The machine's clock, but never ahead of the time that `ticks` has measured since this call. A clock that
 * somebody sets forward must not make young sessions look old.
 */
export function steadyClock(now: () => number, ticks: () => number): () => number {
  const ahead = now() - ticks();
  return () => Math.min(now(), ahead + ticks());
}

/** Removes everything that has expired by now. Answers how many sessions it removed. */
export async function forgetExpired(deps: RetentionDeps, signal: AbortSignal): Promise<number> {
  const before = deps.now() - deps.retentionMs;
  const sessions = await forgetSessions(deps, before, signal);
  await forgetUnclaimed(deps, before, signal);
  await removeUnknownFolders(deps, before, signal);
  return sessions;
}

async function forgetSessions(deps: RetentionDeps, before: number, signal: AbortSignal): Promise<number> {
  const { retention } = deps.store;
  for (let count = 0; ;) {
    const expired = await retention.expired(before, stepRows);
    if (expired.length === 0) return count;
    for (const session of expired) {
      while ((await retention.forgetCalculations(session.id, stepRows)) === stepRows)
        if (!(await delay(pauseMs, signal))) return count;
      await removeFolders(deps, await retention.forgetSession(session));
      deps.forgotten();
      count++;
      if (!(await delay(pauseMs, signal))) return count;
    }
  }
}

async function forgetUnclaimed(deps: RetentionDeps, before: number, signal: AbortSignal): Promise<void> {
  for (;;) {
    const drivers = await deps.store.retention.forgetUnclaimedDrivers(before, stepRows);
    await removeFolders(deps, drivers);
    if (drivers.length < stepRows || !(await delay(pauseMs, signal))) return;
  }
}

/**
 * Removes expired folders that have no row, because the database was lost or restored from a backup, or
 * because an earlier removal failed. A driver's row is stored before its folder is made, so a listed folder
 * without a row is not one of a driver that is just being started.
 */
async function removeUnknownFolders(deps: RetentionDeps, before: number, signal: AbortSignal): Promise<void> {
  const { store, folders } = deps;
  const all = await folders.list();
  for (let at = 0; at < all.length; at += stepRows) {
    const some = all.slice(at, at + stepRows);
    const known = await store.retention.knownDrivers(some);
    for (const id of some) if (!known.has(id) && (await folders.usedAt(id)) < before) await removeFolders(deps, [id]);
    if (!(await delay(pauseMs, signal))) return;
  }
}

/**
 * Removes the folders of drivers. If a folder cannot be removed, its row is already gone, and a later look
 * finds it as a folder without a row.
 */
async function removeFolders({ folders, log }: RetentionDeps, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    try {
      await folders.remove(id);
    } catch (error) {
      log.warn({ driverId: id, err: error }, "a driver's folder could not be removed; it is tried again");
    }
  }
}
