import { expect, test } from "vitest";
import { confRules } from "./conf-rules.ts";
import { confClass, confOf, sparkConf } from "./spark-conf.ts";

test.each([
  ["spark.sql.shuffle.partitions", "runtime"],
  ["spark.sql.adaptive.enabled", "runtime"],
  ["spark.sql.session.timeZone", "runtime"],
  ["spark.sql.extensions", "contextStatic"],
  ["spark.sql.catalog.lake", "contextStatic"],
  ["spark.sql.catalog.lake.type", "contextStatic"],
  ["spark.sql.catalogImplementation", "contextStatic"],
  ["spark.sql.codegen.comments", "contextStatic"],
  ["spark.sql.codegen.wholeStage", "runtime"],
  ["spark.sql.codegen.cache.maxEntries", "launch"],
  ["spark.sql.subquery.maxThreadThreshold", "launch"],
  ["spark.myapp.setting", "contextStatic"],
  ["spark.app.name", "contextStatic"],
  ["spark.scheduler.mode", "contextStatic"],
  ["spark.network.timeout", "contextStatic"],
  ["spark.ui.retainedJobs", "contextStatic"],
  ["spark.files.maxPartitionBytes", "contextStatic"],
  ["spark.driver.maxResultSize", "contextStatic"],
  ["spark.executorEnv.TZ", "contextStatic"],
  ["spark.plugins", "contextStatic"],
  ["spark.extraListeners", "contextStatic"],
  ["spark.redaction.regex", "contextStatic"],
  ["spark.hadoop.fs.gs.impl", "contextStatic"],
  ["spark.hadoop.mapreduce.fileoutputcommitter.marksuccessfuljobs", "contextStatic"],
  ["spark.jars", "launch"],
  ["spark.executor.memory", "withoutEffect"],
  ["spark.dynamicAllocation.maxExecutors", "withoutEffect"],
  ["spark.driver.memory", "withoutEffect"],
  ["spark.driver.port", "withoutEffect"],
  ["spark.driver.blockManager.port", "withoutEffect"],
  ["spark.port.maxRetries", "withoutEffect"],
  ["spark.ui.enabled", "withoutEffect"],
  ["spark.ui.port", "withoutEffect"],
  ["spark.ui.filters", "withoutEffect"],
  ["spark.local.dir", "withoutEffect"],
  ["spark.pyspark.python", "withoutEffect"],
  ["spark.driver.extraJavaOptions", "withoutEffect"],
  ["spark.hadoop.fs.s3.impl", "withoutEffect"],
  ["spark.hadoop.fs.s3a.impl", "withoutEffect"],
  ["spark.hadoop.fs.s3a.access.key", "withoutEffect"],
  ["spark.hadoop.fs.s3a.endpoint", "withoutEffect"],
  ["spark.hadoop.fs.s3a.path.style.access", "withoutEffect"],
  ["spark.hadoop.fs.s3a.bucket.b.endpoint", "withoutEffect"],
  ["spark.hadoop.fs.s3a.committer.name", "withoutEffect"],
  ["spark.hadoop.fs.AbstractFileSystem.s3a.impl", "withoutEffect"],
  ["spark.sql.sources.commitProtocolClass", "withoutEffect"],
  ["spark.sql.sources.outputCommitterClass", "withoutEffect"],
  ["spark.sql.parquet.output.committer.class", "withoutEffect"],
  ["spark.sql.streaming.commitProtocolClass", "withoutEffect"],
  ["spark.hadoop.mapreduce.outputcommitter.factory.scheme.s3a", "withoutEffect"],
  ["spark.hadoop.mapreduce.fileoutputcommitter.algorithm.version", "withoutEffect"],
  ["spark.hadoop.mapred.output.committer.class", "withoutEffect"],
  ["spark.athena.anything", "withoutEffect"],
  ["fs.s3.impl", "withoutEffect"],
  ["sparkling", "withoutEffect"],
  ["spark.master", "refused"],
  ["spark.driver.host", "refused"],
  ["spark.driver.bindAddress", "refused"],
  ["spark.connect.grpc.binding.address", "refused"],
  ["spark.jars.packages", "refused"],
  ["spark.jars.repositories", "refused"],
  ["spark.files", "refused"],
  ["spark.archives", "refused"],
  ["spark.submit.pyFiles", "refused"],
  ["spark.hadoop.glaux.buckets", "refused"],
])("%s is %s", (key, expected) => {
  expect(confClass(key, "x")).toBe(expected);
});

test.each([
  ["spark.driver.bindAddress", "127.0.0.1", "withoutEffect"],
  ["spark.driver.host", "localhost", "withoutEffect"],
  ["spark.driver.host", "127.0.0.1.example.com", "refused"],
  ["spark.driver.bindAddress", "0.0.0.0", "refused"],
  ["spark.sql.warehouse.dir", "s3://bucket/tables", "contextStatic"],
  ["spark.sql.warehouse.dir", "s3a://bucket", "contextStatic"],
  ["spark.sql.warehouse.dir", "hdfs:///user/spark/warehouse", "withoutEffect"],
  ["spark.sql.warehouse.dir", "/etc", "withoutEffect"],
  ["spark.shuffle.sort.io.plugin.class", "com.amazonaws.spark.shuffle.io.cloud.ChopperPlugin", "withoutEffect"],
  ["spark.extraListeners", "com.amazonaws.One, com.amazon.Other$Inner", "withoutEffect"],
  ["spark.sql.extensions", "com.amazonaws.One,io.delta.sql.DeltaSparkSessionExtension", "contextStatic"],
  ["spark.extraListeners", "com.amazonia.One", "contextStatic"],
  ["spark.app.name", "com.amazonaws.daily", "contextStatic"],
])("%s=%s is %s", (key, value, expected) => {
  expect(confClass(key, value)).toBe(expected);
});

test("later layers win, and each key lands in its class", () => {
  const conf = sparkConf({ "spark.sql.a": "1", "spark.master": "yarn" }, undefined, {
    "spark.sql.a": "2",
    "spark.x": "3",
    other: "4",
  });
  expect(conf).toEqual({
    applied: { "spark.sql.a": "2", "spark.x": "3" },
    refused: [{ key: "spark.master", why: "where Spark runs is the server's decision" }],
  });
});

test("every rule says why", () => {
  for (const rule of confRules) expect(rule.why).not.toBe("");
});

test("the properties of one class", () => {
  const conf = {
    "spark.sql.a": "1",
    "spark.jars": "s3://b/x.jar",
    "spark.ui.retainedJobs": "5",
    "spark.executor.cores": "4",
  };
  expect(confOf("runtime", conf)).toEqual({ "spark.sql.a": "1" });
  expect(confOf("contextStatic", conf)).toEqual({ "spark.ui.retainedJobs": "5" });
  expect(confOf("launch", conf)).toEqual({ "spark.jars": "s3://b/x.jar" });
});
