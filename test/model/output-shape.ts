// Compares an answer, as it came over the wire, with the model's shape.
import type { ScalarShape, Shape, StructureShape } from "../../src/protocol/model.ts";
import { lengthOf } from "./strings.ts";

/** The faults of an answer, each with its path. Empty if the answer keeps the model's shape. */
export function faults(answer: unknown, shape: StructureShape): string[] {
  return faultsOf(answer, shape, "answer");
}

function faultsOf(value: unknown, shape: Shape, path: string): string[] {
  switch (shape.type) {
    case "structure":
      return structureFaults(value, shape, path);
    case "list":
      if (!Array.isArray(value)) return [`${path} is not a list`];
      return [
        ...sizeFaults(value.length, shape, path),
        ...value.flatMap((item, index) => faultsOf(item, shape.item, `${path}[${String(index)}]`)),
      ];
    case "map":
      if (!isObject(value)) return [`${path} is not a map`];
      return [
        ...sizeFaults(Object.keys(value).length, shape, path),
        ...Object.keys(value).flatMap((key) => scalarFaults(key, shape.key, `the key ${key} of ${path}`)),
        ...Object.entries(value).flatMap(([key, entry]) => faultsOf(entry, shape.value, `${path}.${key}`)),
      ];
    default:
      return scalarFaults(value, shape, path);
  }
}

function structureFaults(value: unknown, { members }: StructureShape, path: string): string[] {
  if (!isObject(value)) return [`${path} is not a structure`];
  const unknown = Object.keys(value).filter((name) => !members.has(name));
  return [
    ...unknown.map((name) => `${path}.${name} is not in the model`),
    ...[...members].flatMap(([name, { shape, isRequired }]) => {
      if (!Object.hasOwn(value, name)) return isRequired ? [`${path}.${name} is missing`] : [];
      return faultsOf(value[name], shape, `${path}.${name}`);
    }),
  ];
}

function scalarFaults(value: unknown, shape: ScalarShape, path: string): string[] {
  switch (shape.type) {
    case "string":
      return typeof value === "string" ? stringFaults(value, shape, path) : [`${path} is not a string`];
    case "boolean":
      return typeof value === "boolean" ? [] : [`${path} is not a boolean`];
    case "timestamp":
      // Epoch seconds from 2020 to 2096. Epoch milliseconds would be a thousand times as large.
      return typeof value === "number" && value > 1.6e9 && value < 4e9 ? [] : [`${path} is not in epoch seconds`];
    case "double":
      return typeof value === "number" ? sizeFaults(value, shape, path) : [`${path} is not a number`];
    case "integer":
    case "long":
      return Number.isSafeInteger(value) ? sizeFaults(value as number, shape, path) : [`${path} is not a whole number`];
  }
}

function stringFaults(value: string, { pattern, values, ...range }: ScalarShape, path: string): string[] {
  return [
    ...sizeFaults(lengthOf(value), range, path),
    ...(pattern?.regExp.test(value) === false ? [`${path} does not match ${pattern.text}`] : []),
    ...(values?.has(value) === false ? [`${path} is none of ${[...values].join(", ")}`] : []),
  ];
}

function sizeFaults(
  size: number,
  { min = -Infinity, max = Infinity }: { min?: number | undefined; max?: number | undefined },
  path: string,
): string[] {
  return size < min || size > max ? [`${path} is ${String(size)}, not within ${String(min)} and ${String(max)}`] : [];
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
