import type { EngineConfiguration } from "@aws-sdk/client-athena";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mergedEngineConfiguration, sparkProperties } from "./engine-configuration.ts";

const defaults = { CoordinatorDpuSize: 1, MaxConcurrentDpus: 20, DefaultExecutorDpuSize: 1 };
const classified = (Properties: Record<string, string>) => ({ Name: "spark-defaults", Properties });

describe("a session's engine configuration", () => {
  test("has the sizes that nobody gave, and nothing else", () => {
    expect(mergedEngineConfiguration()).toEqual(defaults);
    expect(mergedEngineConfiguration({}, {})).toEqual(defaults);
    expect(mergedEngineConfiguration({ MaxConcurrentDpus: 4 }, {})).toEqual({ ...defaults, MaxConcurrentDpus: 4 });
    const both = mergedEngineConfiguration({ MaxConcurrentDpus: 4 }, { MaxConcurrentDpus: 5 });
    expect(both).toEqual({ ...defaults, MaxConcurrentDpus: 5 });
  });

  test("is what was given, in the form that it was given in, where only one side says something", () => {
    const given = {
      ...defaults,
      AdditionalConfigs: { a: "1" },
      SparkProperties: { "spark.a": "1", "spark.b": "2" },
      Classifications: [classified({ "spark.a": "9", "spark.c": "3" }), { Name: "other", Properties: { x: "1" } }],
    };
    expect(mergedEngineConfiguration(given)).toEqual(given);
    expect(mergedEngineConfiguration({}, given)).toEqual(given);
    expect(mergedEngineConfiguration(undefined, { SparkProperties: {} })).toEqual({ ...defaults, SparkProperties: {} });
  });

  test("merges each form property by property", () => {
    const workGroup = {
      AdditionalConfigs: { a: "1", b: "1" },
      SparkProperties: { "spark.a": "1", "spark.b": "1" },
      Classifications: [
        classified({ "spark.c": "1", "spark.d": "1" }),
        { Name: "other", Properties: { x: "1", y: "1" } },
      ],
    };
    const request = {
      AdditionalConfigs: { b: "2", c: "2" },
      SparkProperties: { "spark.b": "2" },
      Classifications: [{ Name: "new" }, { Name: "other", Properties: { y: "2" } }, classified({ "spark.d": "2" })],
    };
    expect(mergedEngineConfiguration(workGroup, request)).toEqual({
      ...defaults,
      AdditionalConfigs: { a: "1", b: "2", c: "2" },
      SparkProperties: { "spark.a": "1", "spark.b": "2" },
      Classifications: [
        classified({ "spark.c": "1", "spark.d": "2" }),
        { Name: "other", Properties: { x: "1", y: "2" } },
        { Name: "new" },
      ],
    });
  });

  test("has the request's value where the workgroup has the same property in the other form", () => {
    expect(
      mergedEngineConfiguration(
        { SparkProperties: { "spark.a": "1", "spark.b": "1" } },
        { Classifications: [classified({ "spark.a": "2" })] },
      ),
    ).toEqual({ ...defaults, SparkProperties: { "spark.b": "1" }, Classifications: [classified({ "spark.a": "2" })] });
    expect(
      mergedEngineConfiguration(
        { Classifications: [classified({ "spark.a": "1" })] },
        { SparkProperties: { "spark.a": "2" } },
      ),
    ).toEqual({ ...defaults, SparkProperties: { "spark.a": "2" } });
  });

  test("never has its workgroup's notebook", () => {
    const workGroup = { AdditionalConfigs: { NotebookId: "theirs", a: "1" } };
    expect(mergedEngineConfiguration(workGroup).AdditionalConfigs).toEqual({ a: "1" });
    const own = mergedEngineConfiguration(workGroup, { AdditionalConfigs: { NotebookId: "own" } });
    expect(own.AdditionalConfigs).toEqual({ a: "1", NotebookId: "own" });
  });
});

describe("any two configurations", () => {
  const keys = fc.constantFrom("spark.a", "spark.b", "spark.c", "other");
  const properties = fc.dictionary(keys, fc.constantFrom("1", "2", "3"), { maxKeys: 4 });
  const classification = fc.record(
    { Name: fc.constantFrom("spark-defaults", "spark-env"), Properties: properties },
    { requiredKeys: [] },
  );
  const configuration: fc.Arbitrary<EngineConfiguration> = fc.record(
    {
      MaxConcurrentDpus: fc.integer({ min: 2, max: 5000 }),
      SparkProperties: properties,
      Classifications: fc.array(classification, { maxLength: 3 }),
    },
    { requiredKeys: [] },
  );

  test("mean together what the merged one means by itself: the request's properties over the workgroup's", () => {
    fc.assert(
      fc.property(configuration, configuration, (workGroup, request) => {
        const merged = mergedEngineConfiguration(workGroup, request);
        expect(sparkProperties(merged)).toEqual({ ...sparkProperties(workGroup), ...sparkProperties(request) });
        expect(merged.MaxConcurrentDpus).toBe(request.MaxConcurrentDpus ?? workGroup.MaxConcurrentDpus ?? 20);
      }),
    );
  });

  test("merge into one that merges into itself, with each classification once", () => {
    fc.assert(
      fc.property(configuration, configuration, (workGroup, request) => {
        const merged = mergedEngineConfiguration(workGroup, request);
        expect(mergedEngineConfiguration({}, merged)).toEqual(merged);
        expect(sparkProperties(mergedEngineConfiguration(merged, {}))).toEqual(sparkProperties(merged));
        const names = (merged.Classifications ?? []).map(({ Name }) => Name);
        expect(new Set(names).size).toBe(names.length);
      }),
    );
  });
});
