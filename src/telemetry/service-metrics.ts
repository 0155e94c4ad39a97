import { activeSessionStates } from "../domain/session-state.ts";
import type { Store } from "../store/types.ts";
import type { Metrics } from "./metrics.ts";

/**
 * Gauges of what exists at the moment: requests, sessions, drivers. Each is read from its owner at every
 * look.
 */
export function watchService(
  metrics: Metrics,
  parts: {
    store: { sessions: Pick<Store["sessions"], "count"> };
    fleet: { counts(): { connected: number; unconnected: number } };
    server: { inFlight(): number };
  },
): void {
  const { store, fleet, server } = parts;
  metrics.observe("glaux_requests_in_flight", () => [{ labels: {}, value: server.inFlight() }]);
  metrics.observe("glaux_sessions", async () => {
    const states = [...activeSessionStates, "TERMINATING"] as const;
    const counts = await store.sessions.count(states);
    return states.map((state) => ({
      labels: { state },
      value: counts.find((one) => one.state === state)?.count ?? 0,
    }));
  });
  metrics.observe("glaux_drivers", () =>
    Object.entries(fleet.counts()).map(([state, value]) => ({ labels: { state }, value })),
  );
}
