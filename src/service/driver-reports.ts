import type { DriverListener } from "../drivers/types.ts";
import { driverEvents, type LiveProgress } from "../sessions/driver-events.ts";
import { LogDelivery, type LogDeliveryDeps } from "../sessions/log-delivery.ts";
import type { BucketFolders, SessionDeps } from "../sessions/types.ts";

export interface DriverReports {
  /** Turns what drivers report into the states of their sessions. */
  readonly listener: DriverListener;
  readonly logs: LogDelivery;
  readonly progress: LiveProgress;
}

/** To be called before the drivers are opened, because they report from their first moment. */
export function driverReports(deps: SessionDeps & LogDeliveryDeps & { bucketFolders: BucketFolders }): DriverReports {
  const logs = new LogDelivery(deps);
  const progress: LiveProgress = new Map();
  return { listener: driverEvents({ ...deps, progress, logs }), logs, progress };
}
