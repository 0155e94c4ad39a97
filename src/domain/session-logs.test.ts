import { describe, expect, test } from "vitest";
import type { MonitoringConfiguration } from "@aws-sdk/client-athena";
import { checkMonitoring, deliversLogs, logFolders, mergedMonitoring } from "./session-logs.ts";

const managed: MonitoringConfiguration = { ManagedLoggingConfiguration: { Enabled: true } };
const toS3 = (LogLocation: string, Enabled = true): MonitoringConfiguration => ({
  S3LoggingConfiguration: { Enabled, LogLocation },
});
const cloudWatch: MonitoringConfiguration = { CloudWatchLoggingConfiguration: { Enabled: true, LogGroup: "g" } };

test.each<[string, MonitoringConfiguration | null, string[]]>([
  ["nothing", null, []],
  ["CloudWatch", cloudWatch, []],
  ["what is not enabled", { ...toS3("s3://b/x", false), ManagedLoggingConfiguration: { Enabled: false } }, []],
  ["managed logs", managed, ["s3://default/managed-logs/id/SPARK_DRIVER"]],
  ["a whole bucket", toS3("s3://logs"), ["s3://logs/id/SPARK_DRIVER"]],
  ["a folder", toS3("s3://logs/a/b/"), ["s3://logs/a/b/id/SPARK_DRIVER"]],
  [
    "both",
    { ...managed, ...toS3("s3://logs") },
    ["s3://default/managed-logs/id/SPARK_DRIVER", "s3://logs/id/SPARK_DRIVER"],
  ],
  [
    "both in one place",
    { ...managed, ...toS3("s3://default/managed-logs/") },
    ["s3://default/managed-logs/id/SPARK_DRIVER"],
  ],
])("%s", (_, monitoring, folders) => {
  expect(logFolders({ id: "id", monitoring }, "s3://default/managed-logs")).toEqual(folders);
  expect(deliversLogs(monitoring)).toBe(folders.length > 0);
});

test("a request's kinds of logs go over the workgroup's, each by itself", () => {
  expect(mergedMonitoring(undefined, undefined)).toBeNull();
  expect(mergedMonitoring(managed, undefined)).toEqual(managed);
  expect(mergedMonitoring({ ...managed, ...toS3("s3://a") }, toS3("s3://b"))).toEqual({
    ...managed,
    ...toS3("s3://b"),
  });
  expect(mergedMonitoring(managed, { ManagedLoggingConfiguration: { Enabled: false } })).toEqual({
    ManagedLoggingConfiguration: { Enabled: false },
  });
});

describe("a location", () => {
  const check =
    (monitoring: MonitoringConfiguration | undefined, canHold = true) =>
    () => {
      checkMonitoring(monitoring, () => canHold);
    };

  test("that can be written to is taken, and so is none", () => {
    for (const fine of [
      undefined,
      {},
      managed,
      cloudWatch,
      toS3("s3://logs/x"),
      { S3LoggingConfiguration: { Enabled: false } },
    ])
      expect(check(fine)).not.toThrow();
  });

  test.each(["/tmp", "s3:/logs", "s3://a", "https://logs/x"])("%s is refused, enabled or not", (location) => {
    for (const enabled of [true, false])
      expect(check(toS3(location, enabled))).toThrow("logLocation is not a valid S3 path.");
  });

  test("that no folder can be made for is refused", () => {
    expect(check(toS3("s3://logs/x"), false)).toThrow("logLocation is not a valid S3 path.");
  });

  test("has to come with S3 logs that are enabled", () => {
    expect(check({ S3LoggingConfiguration: { Enabled: true } })).toThrow("logLocation is required");
  });
});
