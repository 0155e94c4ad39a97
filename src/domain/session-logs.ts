import type { MonitoringConfiguration } from "@aws-sdk/client-athena";
import { outputFolder } from "./output-location.ts";
import { invalid } from "./refusal.ts";

/**
 * The log files in a driver's folder: the log of Spark's JVM, and the log of the Python processes. A full log
 * is emptied, after its content was copied to `<name>.1`.
 */
export const driverLogs = ["spark.log", "driver.log"] as const;

/**
 * The folders that a session's logs are delivered to: none, one or two URIs `s3://…` without a trailing
 * slash. EMR Serverless has the name `SPARK_DRIVER` for the folder of the driver's logs. Source:
 * https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/logging.html
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

/** Whether a session's logs are delivered anywhere. */
export function deliversLogs(monitoring: MonitoringConfiguration | null): boolean {
  return (
    monitoring?.ManagedLoggingConfiguration?.Enabled === true || monitoring?.S3LoggingConfiguration?.Enabled === true
  );
}

/**
 * Merges by kind of log: the request's settings for one kind of log replace the workgroup's settings for that
 * kind only.
 */
export function mergedMonitoring(
  workGroup: MonitoringConfiguration | undefined,
  request: MonitoringConfiguration | undefined,
): MonitoringConfiguration | null {
  return workGroup || request ? { ...workGroup, ...request } : null;
}

/** Refuses an S3 location that logs cannot be delivered to, even if S3 logging is not enabled yet. */
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
