import { Fleet } from "../drivers/fleet.ts";
import type { Place } from "../drivers/place.ts";
import type { DriverListener } from "../drivers/types.ts";
import { Pool, type PoolDeps } from "../pool/pool.ts";
import { PoolReports } from "../pool/reports.ts";
import type { SessionDeps } from "../sessions/types.ts";
import { measuredAdoption, measuredListener } from "../telemetry/measured-drivers.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { Store } from "../store/types.ts";

export type PoolSettings = Omit<PoolDeps, "drivers" | "reports" | "hub" | "now" | "log">;

export interface DriversDeps extends Pick<SessionDeps, "hub" | "now" | "ticks" | "log"> {
  store: Pick<Store, "drivers" | "nodeId">;
  place: Place;
  /** Receives what the drivers of sessions report. */
  listener: DriverListener;
  metrics: Pick<Metrics, "count">;
  /** Undefined if there is to be no pool. */
  pool: PoolSettings | undefined;
  /** Milliseconds between two pings to a driver; default 5 s. */
  pingEveryMs?: number;
}

/** The drivers of one server. Disposing of it stops attending to all drivers and leaves them running. */
export interface OpenDrivers extends AsyncDisposable {
  readonly fleet: Fleet;
  readonly adoption: Pick<Fleet, "adoptAll" | "sweep">;
  /**
   * The pool, if there is one. Disposing of the drivers does not close it: the caller that keeps it filled
   * closes it too.
   */
  readonly pool: Pool | undefined;
}

export function openDrivers(deps: DriversDeps): OpenDrivers {
  const { store, place, listener, metrics, hub, now, ticks, log, pingEveryMs } = deps;
  const shared = { hub, now: ticks, log };
  const pooled = deps.pool && { ...deps.pool, ...shared, reports: new PoolReports(shared) };
  const fleet = new Fleet({
    store: store.drivers,
    place,
    nodeId: store.nodeId,
    listener: measuredListener(pooled ? pooled.reports.sharedWith(listener) : listener, metrics),
    now,
    onFailure: (driver, error) => {
      log.error(
        { driverId: driver.id, err: error },
        "what a driver reported could not be read or stored; it is tried again where that can help",
      );
    },
    ...(pingEveryMs === undefined ? {} : { pingEveryMs }),
  });
  return {
    fleet,
    adoption: measuredAdoption(fleet, metrics),
    pool: pooled && new Pool({ ...pooled, drivers: fleet }),
    [Symbol.asyncDispose]: () => fleet.detachAll(),
  };
}
