import { delay } from "../lib/delay.ts";
import type { Leftovers } from "../drivers/place.ts";
import type { RetentionStore } from "../store/types.ts";
import type { Log } from "./types.ts";

export interface RetentionDeps {
  store: { retention: RetentionStore };
  folders: Leftovers;
  retentionMs: number;
  /** Told of each session that was removed. */
  forgotten: () => void;
  now: () => number;
  log: Log;
}

const everyMs = 3600_000;
/** Rows that one statement may remove: a calculation's row holds its code. */
const stepRows = 50;
/** Between two steps, so that requests come first. */
const pauseMs = 5;

/**
 * Removes sessions that have been over for the retention time: rows, driver folders and logs. Looks at once and then every hour until `signal` fires. A step
 * is a few rows, and what a crash leaves half-removed the next look goes on with: rows first, because a folder without a row is found again.
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

/** The machine's clock, but never ahead of the time that has passed since now: one that is set forward must not make old what is young. */
export function steadyClock(now: () => number, ticks: () => number): () => number {
  const ahead = now() - ticks();
  return () => Math.min(now(), ahead + ticks());
}

/** One look; the answer is how many sessions it removed. */
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

/** Of a database that was lost or put back, or of a removal that failed. A row is older than its folder, so a folder that is listed has its row if it ever had one. */
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

/** One that cannot be removed is a folder without a row from now on. */
async function removeFolders({ folders, log }: RetentionDeps, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    try {
      await folders.remove(id);
    } catch (error) {
      log.warn({ driverId: id, err: error }, "a driver's folder could not be removed; it is tried again");
    }
  }
}
