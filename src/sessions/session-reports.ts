import { activeSessionStates } from "../domain/session-state.ts";
import type { Session } from "../domain/entities.ts";
import type { Query } from "../drivers/messages.ts";
import type { DriverFacts, DriverProcess, DriverSite } from "../drivers/place.ts";
import type { Driver, Drivers } from "../drivers/types.ts";
import { settlesWithin } from "../lib/settles-within.ts";
import type { DriverOrigin, DriverRow, Store } from "../store/types.ts";

const queriesLimitMs = 2_000;

/** Facts of a driver in a place that this server does not reach. */
const unreached: DriverFacts = { pid: null, folder: null, logs: [] };

/** A session as its operator sees it, with facts that Athena's API has no member for. */
export interface SessionReport {
  id: string;
  workGroup: string;
  description: string | null;
  engineVersion: string;
  state: Session["state"];
  stateReason: string | null;
  /** Epoch milliseconds, like all members whose names end in `At`. */
  createdAt: number;
  endedAt: number | null;
  idleSinceAt: number | null;
  calculation: { id: string; state: string; submittedAt: number; progress: number } | null;
  /**
   * Whether the session's driver came from the pool or a cold start, and why. Null if it is not stored yet.
   */
  origin: DriverOrigin | null;
  driver: (Pick<DriverRow, "id" | "state" | "place"> & DriverFacts) | null;
}

export interface WholeReport extends SessionReport {
  processes: DriverProcess[];
  /** The active streaming queries. Null if there is no driver to ask, or if it does not answer. */
  queries: Query[] | null;
}

export interface SessionReports {
  /** The sessions that are not over, the oldest first. */
  active(): Promise<SessionReport[]>;
  find(id: string): Promise<WholeReport | undefined>;
}

export function sessionReports(deps: {
  store: Pick<Store, "sessions" | "calculations" | "drivers">;
  siteOf: (driver: DriverRow) => DriverSite | undefined;
  drivers: Pick<Drivers, "ofSession">;
}): SessionReports {
  const { store, siteOf, drivers } = deps;
  const report = async (session: Session, driver: DriverRow | undefined): Promise<SessionReport> => {
    const { id, workGroup, description, engineVersion, state, stateReason, createdAt, endedAt, idleSinceAt } = session;
    const calculation = await store.calculations.current(id);
    return {
      ...{ id, workGroup, description, engineVersion, state, stateReason, createdAt, endedAt, idleSinceAt },
      calculation: calculation ? pick(calculation, ["id", "state", "submittedAt", "progress"]) : null,
      origin: (await store.sessions.origin(id)) ?? null,
      driver: driver
        ? { ...pick(driver, ["id", "state", "place"]), ...(siteOf(driver)?.describe() ?? unreached) }
        : null,
    };
  };
  return {
    async active() {
      const sessions = await store.sessions.inStates([...activeSessionStates, "TERMINATING"]);
      sessions.sort((a, b) => a.createdAt - b.createdAt);
      return Promise.all(sessions.map(async (session) => report(session, await store.drivers.ofSession(session.id))));
    },
    async find(id) {
      const session = await store.sessions.find(id);
      if (!session) return undefined;
      const driver = await store.drivers.ofSession(id);
      const [processes, queries] = await Promise.all([
        (driver && siteOf(driver))?.processes() ?? [],
        activeSessionStates.includes(session.state) ? queriesOf(drivers.ofSession(id).driver) : [],
      ]);
      return { ...(await report(session, driver)), processes, queries };
    },
  };
}

/**
 * Waits at most 2 s for the driver's answer, so that a driver that boots, hangs, or is of an earlier version
 * does not delay the rest of the report for long.
 */
async function queriesOf(driver: Pick<Driver, "queries"> | undefined): Promise<Query[] | null> {
  if (!driver) return null;
  const answer = driver.queries().catch(() => null);
  return (await settlesWithin(answer, queriesLimitMs)) ? answer : null;
}

function pick<T extends object, K extends keyof T>(from: T, names: readonly K[]): Pick<T, K> {
  return Object.fromEntries(names.map((name) => [name, from[name]])) as Pick<T, K>;
}
