import { expect, test } from "vitest";
import { confClass, confOf, confRules, sparkConf } from "./spark-conf.ts";

test.each([
  ["spark.sql.shuffle.partitions", "runtime"],
  ["spark.sql.adaptive.enabled", "runtime"],
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
  ["spark.jars", "launch"],
  ["spark.executor.memory", "serviceLevel"],
  ["spark.dynamicAllocation.maxExecutors", "serviceLevel"],
  ["spark.driver.memory", "serviceLevel"],
  ["spark.driver.maxResultSize", "contextStatic"],
  ["spark.master", "refused"],
  ["spark.driver.bindAddress", "refused"],
  ["spark.driver.extraJavaOptions", "refused"],
  ["spark.jars.packages", "refused"],
  ["spark.plugins", "refused"],
  ["spark.hadoop.fs.s3.impl", "refused"],
  ["spark.hadoop.fs.gs.impl", "contextStatic"],
  ["spark.athena.anything", "ignored"],
  ["fs.s3.impl", "ignored"],
  ["sparkling", "ignored"],
])("%s is %s", (key, expected) => {
  expect(confClass(key)).toBe(expected);
});

test("later layers win, and each key lands in its class", () => {
  const conf = sparkConf({ "spark.sql.a": "1", "spark.master": "yarn" }, undefined, {
    "spark.sql.a": "2",
    "spark.x": "3",
    other: "4",
  });
  expect(conf).toEqual({ applied: { "spark.sql.a": "2", "spark.x": "3" }, refused: ["spark.master"] });
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
