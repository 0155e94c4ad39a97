import { expect, test } from "vitest";
import { confClass, confRules, sparkConf } from "./spark-conf.ts";

test.each([
  ["spark.sql.shuffle.partitions", "session"],
  ["spark.sql.extensions", "launch"],
  ["spark.sql.catalog.lake", "launch"],
  ["spark.myapp.setting", "launch"],
  ["spark.jars", "launch"],
  ["spark.executor.memory", "noEffect"],
  ["spark.driver.memory", "noEffect"],
  ["spark.driver.maxResultSize", "launch"],
  ["spark.master", "refused"],
  ["spark.driver.bindAddress", "refused"],
  ["spark.driver.extraJavaOptions", "refused"],
  ["spark.jars.packages", "refused"],
  ["spark.plugins", "refused"],
  ["spark.hadoop.fs.s3.impl", "refused"],
  ["spark.hadoop.fs.gs.impl", "launch"],
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
