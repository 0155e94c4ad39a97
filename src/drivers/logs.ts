import type { GrowingLog } from "../lib/growing-log.ts";

/** The logs of one driver. */
export interface DriverLogs {
  /** The last lines of the log; empty if the log is empty or missing. */
  tail(name: DriverLogName): Promise<string>;
  /** The whole log, to be copied while it grows. */
  open(name: DriverLogName): GrowingLog;
}

/**
 * `driver.log` holds the output of the supervisor and of what runs before it, such as a Python that fails to
 * start; `spark.log` is Spark's log.
 */
export type DriverLogName = "driver.log" | "spark.log";
