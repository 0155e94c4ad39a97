import type { ShapeSource } from "./model-source.ts";
import { operationSources, shapeSources } from "./model.generated.ts";

export type OperationName = keyof typeof operationSources;

export interface Operation {
  readonly name: OperationName;
  readonly input: StructureShape;
  /** Absent for operations that Glaux refuses by name. */
  readonly output: StructureShape | undefined;
  /** The exceptions that the operation declares; empty for operations that Glaux refuses by name. */
  readonly errors: readonly string[];
}

export type Shape = StructureShape | ListShape | MapShape | ScalarShape;

export interface StructureShape {
  readonly type: "structure";
  readonly members: ReadonlyMap<string, Member>;
}

export interface Member {
  readonly shape: Shape;
  readonly isRequired: boolean;
  /** The member's name as error messages write it: with the first letter in lower case. */
  readonly label: string;
}

export interface ListShape extends LengthRange {
  readonly type: "list";
  readonly item: Shape;
}

export interface MapShape extends LengthRange {
  readonly type: "map";
  readonly key: ScalarShape;
  readonly value: Shape;
}

export interface ScalarShape extends LengthRange {
  readonly type: "string" | "integer" | "long" | "double" | "boolean" | "timestamp";
  readonly values: ReadonlySet<string> | undefined;
  /** The pattern as the model writes it, and compiled to match the whole value. */
  readonly pattern: { readonly text: string; readonly regExp: RegExp } | undefined;
}

/** The range of a number's value, or of the length of anything else. */
interface LengthRange {
  readonly min: number | undefined;
  readonly max: number | undefined;
}

const resolved = new Map<string, Shape>();

const operations: ReadonlyMap<string, Operation> = new Map(
  Object.entries(operationSources).map(([name, source]) => [
    name,
    {
      name: name as OperationName,
      input: structureNamed(source.input),
      output: "output" in source ? structureNamed(source.output) : undefined,
      errors: "errors" in source ? source.errors : [],
    },
  ]),
);

/** The names of all operations of the API, served or not, in alphabetical order. */
export const operationNames = [...operations.keys()] as readonly OperationName[];

export function findOperation(name: string): Operation | undefined {
  return operations.get(name);
}

function structureNamed(name: string): StructureShape {
  const shape = shapeNamed(name);
  if (shape.type !== "structure") throw new Error(`Shape ${name} is not a structure`);
  return shape;
}

function shapeNamed(name: string | undefined): Shape {
  const known = name === undefined ? undefined : resolved.get(name);
  if (known !== undefined) return known;
  const source = name === undefined ? undefined : shapeSources[name];
  if (name === undefined || source === undefined) throw new Error(`The model has no shape ${String(name)}`);
  const shape = resolve(source);
  resolved.set(name, shape);
  return shape;
}

function resolve(source: ShapeSource): Shape {
  const { type, min, max } = source;
  switch (type) {
    case "structure":
      return { type, members: membersOf(source) };
    case "list":
      return { type, min, max, item: shapeNamed(source.member) };
    case "map":
      return { type, min, max, key: scalar(shapeNamed(source.key)), value: shapeNamed(source.value) };
    default:
      return { type, min, max, values: source.enum && new Set(source.enum), pattern: compile(source.pattern) };
  }
}

function membersOf({ members = {}, required = [] }: ShapeSource): ReadonlyMap<string, Member> {
  return new Map(
    Object.entries(members).map(([name, shapeName]) => [
      name,
      {
        shape: shapeNamed(shapeName),
        isRequired: required.includes(name),
        label: name.charAt(0).toLowerCase() + name.slice(1),
      },
    ]),
  );
}

function scalar(shape: Shape): ScalarShape {
  if (shape.type === "structure" || shape.type === "list" || shape.type === "map") {
    throw new Error("A map's key must be a scalar");
  }
  return shape;
}

function compile(text: string | undefined): ScalarShape["pattern"] {
  // The group is needed because some patterns have alternatives at their top level, and both anchors must
  // apply to each alternative.
  return text === undefined ? undefined : { text, regExp: new RegExp(`^(?:${text})$`, "u") };
}
