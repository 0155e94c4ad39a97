import type { MonitoringConfiguration } from "@aws-sdk/client-athena";
import { outputFolder } from "./output-location.ts";
import { invalid } from "./refusal.ts";

/** The files of a driver's folder that are its logs: of Spark's JVM, and of the Python processes beside it. A full one is emptied, and what it held is then in `<name>.1`. */
export const driverLogs = ["spark.log", "driver.log"] as const;

/**
 * The folders that a session's logs go to: none, one or two `s3://…` without a slash at the end. `SPARK_DRIVER` is what EMR Serverless calls the driver's.
 * Source: https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/logging.html
 */
export function logFolders(
  session: { id: string; monitoring: MonitoringConfiguration | null },
  managed: string,
): string[] {
  const { ManagedLoggingConfiguration: managedLogs, S3LoggingConfiguration: s3 } = session.monitoring ?? {};
  const locations = [managedLogs?.Enabled ? managed : undefined, s3?.Enabled ? s3.LogLocation : undefined];
  const folders = locations.map((location) => outputFolder(location ?? "")).filter((folder) => folder !== undefined);
  return [...new Set(folders)].map((folder) => `${folder}/${session.id}/SPARK_DRIVER`);
}

/** Whether `logFolders` has any. */
export function deliversLogs(monitoring: MonitoringConfiguration | null): boolean {
  return (
    monitoring?.ManagedLoggingConfiguration?.Enabled === true || monitoring?.S3LoggingConfiguration?.Enabled === true
  );
}

/** Each kind of log by itself: what a request says of one leaves the workgroup's other ones as they are. */
export function mergedMonitoring(
  workGroup: MonitoringConfiguration | undefined,
  request: MonitoringConfiguration | undefined,
): MonitoringConfiguration | null {
  return workGroup || request ? { ...workGroup, ...request } : null;
}

/** Refuses a location that logs could not be delivered to, also of logs that are not enabled yet. */
export function checkMonitoring(
  monitoring: MonitoringConfiguration | null | undefined,
  canHold: (folder: string) => boolean,
): void {
  const { Enabled: isEnabled, LogLocation: location } = monitoring?.S3LoggingConfiguration ?? {};
  if (location === undefined) {
    if (isEnabled) throw invalid("logLocation is required when S3 logging is enabled.");
    return;
  }
  const folder = outputFolder(location);
  if (folder === undefined || !canHold(folder)) throw invalid("logLocation is not a valid S3 path.");
}
