// For every member of an operation: values of other JSON types, and the text of the refusal.
import type { Operation, Shape, StructureShape } from "../../src/protocol/model.ts";
import { validRequest, validStructure } from "./valid-values.ts";

export interface TypeCase {
  readonly operation: string;
  readonly name: string;
  readonly body: string;
  readonly message: string;
}

type Place = (value: unknown) => unknown;

export function typeCases({ name: operation, input }: Operation): TypeCase[] {
  const place: Place = (members) => ({ ...validRequest(operation, input), ...(members as object) });
  return membersOf(input, "", place).map((found) => ({ operation, ...found }));
}

type Found = Omit<TypeCase, "operation">;

function membersOf(shape: StructureShape, path: string, place: Place): Found[] {
  const others = path === "" ? {} : validStructure(shape);
  return [...shape.members].flatMap(([name, { shape: inner }]) =>
    casesOf(inner, `${path}/${name}`, (value) => place({ ...others, [name]: value })),
  );
}

function casesOf(shape: Shape, path: string, place: Place): Found[] {
  const wrong = wrongValues(shape).map(([value, message]) => ({
    name: `${path} as ${JSON.stringify(value)}`,
    body: JSON.stringify(place(value)),
    message,
  }));
  switch (shape.type) {
    case "structure":
      return [...wrong, ...membersOf(shape, path, place)];
    case "list":
      return [...wrong, ...casesOf(shape.item, `${path}/0`, (value) => place([value]))];
    case "map":
      return [...wrong, ...casesOf(shape.value, `${path}/key`, (value) => place({ key: value }))];
    default:
      return wrong;
  }
}

const list = "Start of list found where not expected";
const object = "Start of structure or map found where not expected.";
const javaNames = {
  string: "a String",
  integer: "an Integer",
  long: "a Long",
  double: "a Double",
  boolean: "a Boolean",
  timestamp: "a Timestamp",
};

function wrongValues({ type }: Shape): [value: unknown, message: string][] {
  if (type === "structure" || type === "map") return [[[], list], ...["a", 1, true].map(withText("Expected null"))];
  if (type === "list") return [[{}, object], ...["a", 1, false].map(withText("Expected list or null"))];
  const scalars: [unknown, string][] = [
    ["a", "STRING_VALUE"],
    [1.5, "NUMBER_VALUE"],
    [true, "TRUE_VALUE"],
    [false, "FALSE_VALUE"],
  ];
  const own = { string: "string", boolean: "boolean", integer: "", long: "", double: "number", timestamp: "number" };
  return [
    [[], list],
    [{}, object],
    ...scalars
      .filter(([value]) => typeof value !== own[type])
      .map(([value, token]): [unknown, string] => [value, `${token} can not be converted to ${javaNames[type]}`]),
  ];
}

const withText =
  (message: string) =>
  (value: unknown): [unknown, string] => [value, message];
