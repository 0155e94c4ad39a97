import type { EngineVersion, WorkGroupConfiguration, WorkGroupConfigurationUpdates } from "@aws-sdk/client-athena";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findOperation } from "../protocol/model.ts";
import { validate } from "../protocol/validation.ts";
import { newConfiguration, updatedConfiguration } from "./configuration.ts";

const update = (current: WorkGroupConfiguration, updates: WorkGroupConfigurationUpdates) =>
  updatedConfiguration(current, updates, "3.5");
const fresh = (given: WorkGroupConfiguration = {}) => newConfiguration(given, "3.5");

describe("a new configuration", () => {
  test("has the defaults, and nothing that was not given", () => {
    expect(fresh()).toEqual({
      EnforceWorkGroupConfiguration: true,
      PublishCloudWatchMetricsEnabled: true,
      RequesterPaysEnabled: false,
      EngineVersion: { SelectedEngineVersion: "AUTO" },
    });
    expect(fresh({ ResultConfiguration: {} })).toEqual(fresh());
  });

  test("takes no read-only members", () => {
    const given = {
      EngineVersion: { SelectedEngineVersion: "Apache Spark version 3.5", EffectiveEngineVersion: "other" },
      SystemTableStatuses: [{ TableName: "QUERY_EXECUTIONS", Enabled: true } as const],
    };
    expect(fresh(given)).toEqual({
      ...fresh(),
      EngineVersion: { SelectedEngineVersion: "Apache Spark version 3.5" },
    });
  });

  test.each(["Athena engine version 3", "AUTO", "PySpark engine version 3", "Apache Spark version 4"])(
    "can select %s",
    (SelectedEngineVersion) => {
      expect(fresh({ EngineVersion: { SelectedEngineVersion } }).EngineVersion).toEqual({ SelectedEngineVersion });
    },
  );

  test("refuses unknown engines and bad locations", () => {
    expect(() => fresh({ EngineVersion: { SelectedEngineVersion: "Spark 9" } })).toThrow(/SelectedEngineVersion/);
    expect(() => fresh({ ResultConfiguration: { OutputLocation: "/tmp" } })).toThrow(
      "outputLocation is not a valid S3 path.",
    );
  });
});

describe("an update", () => {
  const current = fresh({
    BytesScannedCutoffPerQuery: 10_000_000,
    CustomerContentEncryptionConfiguration: { KmsKey: "alias/a" },
    ManagedQueryResultsConfiguration: { Enabled: true, EncryptionConfiguration: { KmsKey: "alias/b" } },
    ResultConfiguration: {
      OutputLocation: "s3://bucket/a/",
      EncryptionConfiguration: { EncryptionOption: "SSE_S3" },
      ExpectedBucketOwner: "123456789012",
      AclConfiguration: { S3AclOption: "BUCKET_OWNER_FULL_CONTROL" },
    },
  });

  test("changes what it names, and only that", () => {
    expect(update(current, {})).toEqual(current);
    expect(update(current, { RequesterPaysEnabled: true })).toEqual({ ...current, RequesterPaysEnabled: true });
    expect(update(current, { ResultConfigurationUpdates: { OutputLocation: "s3://other/" } })).toEqual({
      ...current,
      ResultConfiguration: { ...current.ResultConfiguration, OutputLocation: "s3://other/" },
    });
    expect(update(current, { EngineVersion: { SelectedEngineVersion: "Athena engine version 3" } })).toEqual({
      ...current,
      EngineVersion: { SelectedEngineVersion: "Athena engine version 3" },
    });
    expect(update(current, { EngineVersion: { EffectiveEngineVersion: "ignored" } })).toEqual(current);
  });

  type Result = NonNullable<WorkGroupConfigurationUpdates["ResultConfigurationUpdates"]>;
  test.each<[keyof Result, keyof NonNullable<WorkGroupConfiguration["ResultConfiguration"]>]>([
    ["RemoveOutputLocation", "OutputLocation"],
    ["RemoveEncryptionConfiguration", "EncryptionConfiguration"],
    ["RemoveExpectedBucketOwner", "ExpectedBucketOwner"],
    ["RemoveAclConfiguration", "AclConfiguration"],
  ])("%s removes %s, also if a new value comes with it", (flag, member) => {
    const { [member]: value, ...rest } = current.ResultConfiguration ?? {};
    const updates = { [flag]: true, [member]: value };
    expect(update(current, { ResultConfigurationUpdates: updates }).ResultConfiguration).toEqual(rest);
    expect(update(current, { ResultConfigurationUpdates: { ...updates, [flag]: false } })).toEqual(current);
  });

  test.each<[keyof WorkGroupConfigurationUpdates, keyof WorkGroupConfiguration]>([
    ["RemoveBytesScannedCutoffPerQuery", "BytesScannedCutoffPerQuery"],
    ["RemoveCustomerContentEncryptionConfiguration", "CustomerContentEncryptionConfiguration"],
  ])("%s removes %s", (flag, member) => {
    const { [member]: _removed, ...rest } = current;
    expect(update(current, { [flag]: true })).toEqual(rest);
    expect(update(current, { [flag]: false })).toEqual(current);
  });

  test("managed results keep the rest, and say whether they are enabled", () => {
    const managed = (current: WorkGroupConfiguration, updates: object) =>
      update(current, { ManagedQueryResultsConfigurationUpdates: updates }).ManagedQueryResultsConfiguration;
    expect(managed(current, { RemoveEncryptionConfiguration: true })).toEqual({ Enabled: true });
    expect(managed(fresh(), { EncryptionConfiguration: { KmsKey: "alias/c" } })).toEqual({
      Enabled: false,
      EncryptionConfiguration: { KmsKey: "alias/c" },
    });
  });

  test("removing all that is in the result configuration removes it", () => {
    const removed = update(fresh({ ResultConfiguration: { OutputLocation: "s3://bucket/" } }), {
      ResultConfigurationUpdates: { RemoveOutputLocation: true },
    });
    expect(removed).toEqual(fresh());
  });

  test("a refused one throws", () => {
    expect(() => update(current, { EngineVersion: { SelectedEngineVersion: "Spark 9" } })).toThrow();
    expect(() => update(current, { ResultConfigurationUpdates: { OutputLocation: "" } })).toThrow();
  });
});

describe("any sequence of updates", () => {
  const given = configurationShape();
  const flag = fc.option(fc.boolean(), { nil: undefined });
  const maybe = <T>(...values: T[]) => fc.option(fc.constantFrom(...values), { nil: undefined });
  const encryption = { EncryptionOption: "SSE_S3" } as const;
  const engine: EngineVersion = { SelectedEngineVersion: "Apache Spark version 3.5", EffectiveEngineVersion: "x" };
  const updates = fc
    .record({
      EnforceWorkGroupConfiguration: flag,
      RequesterPaysEnabled: flag,
      BytesScannedCutoffPerQuery: maybe(10_000_000, 20_000_000),
      RemoveBytesScannedCutoffPerQuery: flag,
      CustomerContentEncryptionConfiguration: maybe({ KmsKey: "alias/a" }),
      RemoveCustomerContentEncryptionConfiguration: flag,
      EngineVersion: maybe<EngineVersion>(engine, { SelectedEngineVersion: "AUTO" }, {}),
      EngineConfiguration: maybe({ MaxConcurrentDpus: 7 }, {}),
      ResultConfigurationUpdates: fc.option(
        fc.record({
          OutputLocation: maybe("s3://bucket/", "s3://other/x"),
          RemoveOutputLocation: flag,
          EncryptionConfiguration: maybe(encryption),
          RemoveEncryptionConfiguration: flag,
          ExpectedBucketOwner: maybe("123456789012"),
          RemoveExpectedBucketOwner: flag,
          RemoveAclConfiguration: flag,
        }),
        { nil: undefined },
      ),
      ManagedQueryResultsConfigurationUpdates: fc.option(
        fc.record({
          Enabled: flag,
          EncryptionConfiguration: maybe({ KmsKey: "alias/a" }),
          RemoveEncryptionConfiguration: flag,
        }),
        { nil: undefined },
      ),
    })
    // The wire drops members that are undefined.
    .map((value) => JSON.parse(JSON.stringify(value)) as WorkGroupConfigurationUpdates);

  test("keeps the shape that the API's model gives a configuration", () => {
    fc.assert(
      fc.property(fc.array(updates, { maxLength: 8 }), (sequence) => {
        const configuration = sequence.reduce(update, fresh());
        expect(JSON.parse(JSON.stringify(configuration))).toEqual(configuration);
        expect(strangers(configuration as Record<string, unknown>, given)).toEqual([]);
        validate({ Name: "a", Configuration: configuration }, inputShape());
        expect(configuration.ResultConfiguration).not.toEqual({});
      }),
    );
  });

  test("ends the same if its last one comes twice", () => {
    fc.assert(
      fc.property(fc.array(updates, { minLength: 1, maxLength: 5 }), (sequence) => {
        const once = sequence.reduce(update, fresh());
        expect(update(once, sequence.at(-1) ?? {})).toEqual(once);
      }),
    );
  });
});

type Structure = NonNullable<ReturnType<typeof findOperation>>["input"];

function inputShape(): Structure {
  const operation = findOperation("CreateWorkGroup");
  if (!operation) throw new Error("The model has no CreateWorkGroup");
  return operation.input;
}

function configurationShape(): Structure {
  return inputShape().members.get("Configuration")?.shape as Structure;
}

/** The paths of members that the model does not know, at any depth. */
function strangers(value: Record<string, unknown>, shape: Structure): string[] {
  return Object.entries(value).flatMap(([name, member]) => {
    const known = shape.members.get(name)?.shape;
    if (!known) return [name];
    return known.type === "structure" ? strangers(member as Record<string, unknown>, known) : [];
  });
}
