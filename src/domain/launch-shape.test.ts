import fc from "fast-check";
import { expect, test } from "vitest";
import {
  fingerprint,
  misfit,
  shapeOf,
  withoutContextConf,
  type LaunchFacts,
  type LaunchShape,
} from "./launch-shape.ts";
import { confClass } from "./spark-conf.ts";

const facts: LaunchFacts = {
  engineStamp: "a",
  driverMemoryMb: 1024,
  driverCores: 2,
  isolation: "process",
  network: "host",
  buckets: "/buckets",
};
const fingerprintOf = (sparkConf: Record<string, string>, engineId: "3.5" | "4" = "3.5") =>
  fingerprint(shapeOf({ engineId, sparkConf }), facts);

const launchKeys = ["spark.sql.codegen.cache.maxEntries", "spark.sql.subquery.maxThreadThreshold", "spark.jars"];
const contextKeys = ["spark.app.name", "spark.sql.extensions", "spark.hadoop.fs.gs.impl", "spark.ui.retainedJobs"];
const otherKeys = ["spark.sql.shuffle.partitions", "spark.executor.memory", "spark.athena.x", "spark.driver.memory"];
const value = fc.string({ minLength: 1 }).filter((text) => text.trim() !== "" && !text.includes(","));
const confWith = (keys: readonly string[]) => fc.dictionary(fc.constantFrom(...keys), value, { noNullPrototype: true });
const anyConf = confWith([...launchKeys, ...contextKeys, ...otherKeys]);

test("the keys of these tests are of the classes that they stand for", () => {
  const classesOf = (keys: readonly string[]) => new Set(keys.map((key) => confClass(key, "x")));
  expect(classesOf(launchKeys)).toEqual(new Set(["launch"]));
  expect(classesOf(contextKeys)).toEqual(new Set(["contextStatic"]));
  expect(classesOf(otherKeys)).toEqual(new Set(["runtime", "withoutEffect"]));
});

test("the order of the properties never matters", () => {
  fc.assert(
    fc.property(anyConf, (conf) => {
      expect(fingerprintOf(Object.fromEntries(Object.entries(conf).reverse()))).toBe(fingerprintOf(conf));
    }),
  );
});

test("what takes effect at a claim, or not at all, never matters", () => {
  fc.assert(
    fc.property(confWith([...launchKeys, ...contextKeys]), confWith(otherKeys), (conf, other) => {
      expect(fingerprintOf({ ...other, ...conf })).toBe(fingerprintOf(conf));
    }),
  );
});

test("every property that is read at a start matters", () => {
  fc.assert(
    fc.property(anyConf, fc.constantFrom(...launchKeys, ...contextKeys), value, (conf, key, text) => {
      fc.pre(conf[key]?.trim() !== text.trim());
      expect(fingerprintOf({ ...conf, [key]: text })).not.toBe(fingerprintOf(conf));
    }),
  );
});

test("every fact of the server matters", () => {
  const shape = shapeOf({ engineId: "3.5", sparkConf: {} });
  const changed: LaunchFacts[] = [
    { ...facts, engineStamp: "b" },
    { ...facts, driverMemoryMb: 2048 },
    { ...facts, driverCores: 3 },
    { ...facts, buckets: "/other" },
  ];
  const prints = [...changed, facts].map((one) => fingerprint(shape, one));
  expect(new Set([...prints, fingerprintOf({}, "4")]).size).toBe(prints.length + 1);
});

test("jars keep their order, and blanks around them do not count", () => {
  const jars = (list: string) => shapeOf({ engineId: "3.5", sparkConf: { "spark.jars": list } }).jars;
  expect(jars(" s3://b/2.jar, s3://b/1.jar ,")).toEqual(["s3://b/2.jar", "s3://b/1.jar"]);
  expect(fingerprintOf({ "spark.jars": "s3://b/1.jar,s3://b/2.jar" })).not.toBe(
    fingerprintOf({ "spark.jars": "s3://b/2.jar,s3://b/1.jar" }),
  );
});

test("a warm JVM serves a shape with a fresh context exactly if its launch conf is the same", () => {
  fc.assert(
    fc.property(anyConf, anyConf, (wanted, has) => {
      const shape = shapeOf({ engineId: "3.5", sparkConf: wanted });
      const member = withoutContextConf(shapeOf({ engineId: "3.5", sparkConf: has }));
      const isSame = fingerprint(withoutContextConf(shape), facts) === fingerprint(member, facts);
      expect(misfit(shape, member) === undefined).toBe(isSame);
    }),
  );
});

test.each<[string, Partial<LaunchShape>, Partial<LaunchShape>, string | undefined]>([
  ["the same", {}, {}, undefined],
  ["another engine", { engineId: "4" }, {}, "it needs engine 4"],
  ["jars", { jars: ["s3://b/x.jar"] }, {}, "it has its own spark.jars, which a JVM takes only at its start"],
  ["its own context conf", { conf: { "spark.app.name": "x" } }, {}, undefined],
  ["a member with context conf", {}, { conf: { "spark.app.name": "x" } }, "its Spark context differs"],
])("misfit: %s", (_name, wanted, has, expected) => {
  const base: LaunchShape = { engineId: "3.5", conf: {}, jars: [] };
  expect(misfit({ ...base, ...wanted }, { ...base, ...has })).toBe(expected);
});
