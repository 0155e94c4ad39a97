import * as sdk from "@aws-sdk/client-athena";
import { expect, test } from "vitest";
import { shapeSources } from "./model.generated.ts";
import { findOperation, operationNames, type Shape } from "./model.ts";

// The SDK's runtime schemas are arrays: [kind, namespace, name, traits, …]. The package @smithy/types
// describes them in schema/static-schemas.
const operationKind = 9;
const structureKind = 3;
type SdkOperation = [
  kind: 9,
  namespace: string,
  name: string,
  traits: number,
  input: () => unknown,
  output: () => unknown,
];
type SdkStructure = [
  kind: 3,
  namespace: string,
  name: string,
  traits: number,
  members: string[],
  types: unknown[],
  /** How many of the members are required. The required members come first. */
  required?: number,
];

const sdkOperations = new Map(
  Object.values<unknown>(sdk)
    .filter((value): value is SdkOperation => Array.isArray(value) && value[0] === operationKind)
    .map((operation) => [operation[2], operation]),
);

test("the SDK and the generated model know the same operations", () => {
  expect([...sdkOperations.keys()].sort()).toEqual([...operationNames]);
});

test.each(operationNames)("%s: the same members of the same types, the same of them required", (name) => {
  const operation = findOperation(name);
  const [, , , , input, output] = sdkOperations.get(name) ?? expect.unreachable();
  // botocore and the SDK are released separately, so the SDK may lag behind. It also fills in some tokens by
  // itself, and so does not require them. For operations that Glaux only refuses, the test therefore does not
  // compare which members are required.
  if (!operation?.output)
    expect(ours(operation?.input)).toMatchObject({ ...(theirs(input) as object), required: expect.any(Array) as [] });
  else expect([ours(operation.input), ours(operation.output)]).toEqual([theirs(input), theirs(output)]);
});

const enums = Object.entries(shapeSources).flatMap(([name, { enum: values }]) =>
  values !== undefined && name in sdk ? [{ name, values }] : [],
);

test("the SDK has the enums", () => {
  expect(enums.length).toBeGreaterThan(10);
});

test.each(enums)("$name: the same values", ({ name, values }) => {
  expect([...values].sort()).toEqual(Object.values((sdk as unknown as Record<string, object>)[name] ?? {}).sort());
});

test("names of Object's own are no operations", () => {
  for (const name of ["constructor", "toString", "__proto__", ""]) expect(findOperation(name)).toBeUndefined();
});

type Outline = string | { members: Record<string, Outline>; required: string[] } | { list: Outline } | { map: Outline };

function ours(shape: Shape | undefined): Outline {
  if (shape === undefined) return "nothing";
  switch (shape.type) {
    case "structure":
      return {
        members: Object.fromEntries(
          [...shape.members].sort(byName).map(([name, member]) => [name, ours(member.shape)]),
        ),
        required: [...shape.members]
          .filter(([, member]) => member.isRequired)
          .map(([name]) => name)
          .sort(),
      };
    case "list":
      return { list: ours(shape.item) };
    case "map":
      return { map: ours(shape.value) };
    case "integer":
    case "long":
    case "double":
      return "number";
    default:
      return shape.type;
  }
}

const simple: Record<number, string> = { 0: "string", 1: "number", 2: "boolean", 4: "timestamp" };

function theirs(schema: unknown): Outline {
  if (typeof schema === "function") return theirs((schema as () => unknown)());
  if (typeof schema === "number") {
    if (schema >= 128) return { map: theirs(schema - 128) };
    return schema >= 64 ? { list: theirs(schema - 64) } : (simple[schema] ?? `type ${String(schema)}`);
  }
  if (!Array.isArray(schema)) return "nothing";
  const [kind] = schema as [number];
  if (kind === structureKind) {
    const [, , , , members, types, required = 0] = schema as SdkStructure;
    return {
      members: Object.fromEntries(members.map((name, index) => [name, theirs(types[index])] as const).sort(byName)),
      required: members.slice(0, required).sort(),
    };
  }
  // A pair [type, traits] is a member's type with the member's traits.
  if (schema.length === 2) return theirs(kind);
  // A list is [1, namespace, name, traits, item], and a map is [2, namespace, name, traits, key, value]. A
  // simple type with traits is [0, namespace, name, traits, type].
  if (kind === 1) return { list: theirs(schema[4]) };
  if (kind === 2) return { map: theirs(schema[5]) };
  return theirs(schema[4]);
}

function byName([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number {
  return one < other ? -1 : 1;
}
