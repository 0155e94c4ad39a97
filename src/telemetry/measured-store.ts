import { Refusal } from "../domain/refusal.ts";
import { isSessionOver } from "../domain/session-state.ts";
import type { Calculation, Session } from "../domain/entities.ts";
import type { CalculationStore, DriverOrigin, SessionChange, SessionStore, Store } from "../store/types.ts";
import type { Metrics } from "./metrics.ts";

export interface MeasuredStoreDeps {
  metrics: Pick<Metrics, "count" | "time">;
  /** The sizes in bytes of the files that a calculation has left, by their names. */
  outputSizes: (calculation: Calculation) => Promise<Record<"stdout" | "stderr" | "results", number>>;
  now: () => number;
}

/**
 * The store, counting what happens in it. A state changes only by a compare-and-set in the store, and only
 * the winner of a compare-and-set is told so. So each change is counted once, whoever asked for it. How long
 * a stop took is known only if this server was asked for it.
 */
export function measuredStore(store: Store, deps: MeasuredStoreDeps): Store {
  const parts = [
    "workGroups",
    "sessions",
    "calculations",
    "notebooks",
    "drivers",
    "undeliveredLogs",
    "tags",
    "tokens",
    "retention",
  ] as const;
  const watched = { ...store };
  for (const part of parts) Object.assign(watched, { [part]: countingErrors(part, store[part], deps.metrics) });
  return {
    ...watched,
    sessions: measuredSessions(watched.sessions, deps),
    calculations: measuredCalculations(watched.calculations, deps),
  };
}

function measuredSessions(sessions: SessionStore, { metrics }: MeasuredStoreDeps): SessionStore {
  const terminatingSince = new Map<string, number>();
  /** Where the drivers of sessions in CREATING come from, by the sessions' ids. */
  const origins = new Map<string, DriverOrigin["from"]>();
  const ended = ({ id, state }: Session, at: number) => {
    metrics.count("glaux_sessions_ended_total", { state });
    const since = terminatingSince.get(id);
    terminatingSince.delete(id);
    origins.delete(id);
    if (since !== undefined) metrics.time("glaux_session_end_duration_seconds", {}, at - since);
  };
  const startOf = (id: string) => {
    const start = origins.get(id) === "pool" ? "pooled" : "cold";
    origins.delete(id);
    return { start };
  };
  return {
    ...sessions,
    async insert(session, rules) {
      const outcome = await sessions.insert(session, rules);
      const isPooled = typeof outcome === "object" && "driverId" in outcome;
      if (outcome !== "inserted" && !isPooled) return outcome;
      metrics.count("glaux_sessions_started_total", {});
      if (isSessionOver(session.state)) ended(session, session.createdAt);
      return outcome;
    },
    setOrigin(id, origin) {
      origins.set(id, origin.from);
      return sessions.setOrigin(id, origin);
    },
    async transition(id, to, change) {
      const session = await sessions.transition(id, to, change);
      if (!session) return undefined;
      if (isSessionOver(to)) ended(session, change.at);
      else if (to === "TERMINATING") terminatingSince.set(id, change.at);
      else if (to === "IDLE" && isReady(change))
        metrics.time("glaux_session_start_duration_seconds", startOf(id), change.at - session.createdAt);
      return session;
    },
  };
}

const isReady = ({ from }: SessionChange) => from?.length === 1 && from[0] === "CREATING";

function measuredCalculations(
  calculations: CalculationStore,
  { metrics, outputSizes, now }: MeasuredStoreDeps,
): CalculationStore {
  const cancelingSince = new Map<string, number>();
  const countOutput = async (calculation: Calculation) => {
    for (const [file, bytes] of Object.entries(await outputSizes(calculation)))
      metrics.count("glaux_result_bytes_total", { file }, bytes);
  };
  return {
    ...calculations,
    async start(calculation, token) {
      const outcome = await calculations.start(calculation, token);
      if (outcome === "started") metrics.count("glaux_calculations_started_total", {});
      return outcome;
    },
    async cancel(id) {
      const calculation = await calculations.cancel(id);
      if (calculation) cancelingSince.set(id, now());
      return calculation;
    },
    async finish(id, end) {
      const calculation = await calculations.finish(id, end);
      if (!calculation) return undefined;
      const { state, submittedAt } = calculation;
      metrics.time("glaux_calculation_duration_seconds", { outcome: state }, Math.max(0, end.at - submittedAt));
      const since = cancelingSince.get(id);
      cancelingSince.delete(id);
      if (since !== undefined) metrics.time("glaux_calculation_stop_duration_seconds", {}, Math.max(0, end.at - since));
      // The files are complete, and nobody waits for their sizes.
      countOutput(calculation).catch(() => undefined);
      return calculation;
    },
  };
}

/**
 * Counts the store's errors. A Refusal is none: it is an answer that a caller's function gave inside the
 * store.
 */
function countingErrors<Part extends object>(part: string, store: Part, metrics: Pick<Metrics, "count">): Part {
  const calls = Object.entries(store) as [string, (...args: unknown[]) => Promise<unknown>][];
  const watched = calls.map(([call, method]) => [
    call,
    (...args: unknown[]) => {
      const result = method(...args);
      result.catch((error: unknown) => {
        if (!(error instanceof Refusal)) metrics.count("glaux_store_errors_total", { part, call });
      });
      return result;
    },
  ]);
  return Object.fromEntries(watched) as Part;
}
