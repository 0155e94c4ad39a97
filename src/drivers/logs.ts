import type { GrowingLog } from "../lib/growing-log.ts";

/** The logs of one driver. */
export interface DriverLogs {
  /** The last lines; empty if there are none. */
  tail(name: DriverLogName): Promise<string>;
  /** The whole log, to be copied while it grows. */
  open(name: DriverLogName): GrowingLog;
}

/** `driver.log` is the supervisor's, and what precedes it; `spark.log` is Spark's. */
export type DriverLogName = "driver.log" | "spark.log";
