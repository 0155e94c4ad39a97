import { serializationFailed } from "./exceptions.ts";
import { JsonError, parseJson, type JsonValue } from "./json.ts";
import type { ListShape, MapShape, ScalarShape, Shape, StructureShape } from "./model.ts";

/**
 * Reads a request's body as the given structure. Unknown members and nulls are left out. The first value of a
 * wrong type ends the reading with a SerializationException, whose text is AWS's. As at AWS, types are
 * checked before the model's constraints: a request with faults of both kinds learns only of the wrong type.
 */
export function deserialize(body: Buffer, shape: StructureShape): Record<string, unknown> {
  const value = parse(body);
  if (value === null || typeof value !== "object") throw serializationFailed();
  return readStructure(value, shape);
}

function parse(body: Buffer): JsonValue {
  try {
    return parseJson(body);
  } catch (error) {
    throw error instanceof JsonError ? serializationFailed(error.reason) : error;
  }
}

function read(value: JsonValue, shape: Shape): unknown {
  switch (shape.type) {
    case "structure":
      return readStructure(value, shape);
    case "list":
      return readList(value, shape);
    case "map":
      return readMap(value, shape);
    default:
      return readScalar(value, shape);
  }
}

function readStructure(value: JsonValue, shape: StructureShape): Record<string, unknown> {
  const members: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(requireObject(value))) {
    const known = shape.members.get(name);
    if (known !== undefined && member !== null) members[name] = read(member, known.shape);
  }
  return members;
}

function readMap(value: JsonValue, shape: MapShape): Record<string, unknown> {
  const entries: Record<string, unknown> = {};
  for (const [key, entry] of Object.entries(requireObject(value))) {
    if (entry !== null) entries[key] = read(entry, shape.value);
  }
  return entries;
}

function requireObject(value: JsonValue): Record<string, JsonValue> {
  if (Array.isArray(value)) throw serializationFailed("Start of list found where not expected");
  if (value === null || typeof value !== "object") throw serializationFailed("Expected null");
  return value;
}

function readList(value: JsonValue, shape: ListShape): unknown[] {
  if (!Array.isArray(value)) {
    if (typeof value === "object") throw serializationFailed("Start of structure or map found where not expected.");
    throw serializationFailed("Expected list or null");
  }
  // A null member is left out, but a null item has a position in the list. So the item is kept, and
  // validation refuses the null at that position.
  return value.map((item) => (item === null ? null : read(item, shape.item)));
}

const javaTypes = {
  string: { type: "string", name: "a String" },
  timestamp: { type: "number", name: "a Timestamp" },
  boolean: { type: "boolean", name: "a Boolean" },
  integer: { type: "number", name: "an Integer" },
  long: { type: "number", name: "a Long" },
  double: { type: "number", name: "a Double" },
} as const;

function readScalar(value: JsonValue, shape: ScalarShape): string | number | boolean {
  if (Array.isArray(value)) throw serializationFailed("Start of list found where not expected");
  if (value === null || typeof value === "object") {
    throw serializationFailed("Start of structure or map found where not expected.");
  }
  const expected = javaTypes[shape.type];
  const isWhole = shape.type !== "integer" && shape.type !== "long" ? true : Number.isInteger(value);
  if (typeof value !== expected.type || !isWhole) {
    throw serializationFailed(`${tokenOf(value)} can not be converted to ${expected.name}`);
  }
  return value;
}

/** The name that AWS's error texts give to a value's JSON token. */
function tokenOf(value: string | number | boolean): string {
  if (typeof value === "string") return "STRING_VALUE";
  if (typeof value === "number") return "NUMBER_VALUE";
  return value ? "TRUE_VALUE" : "FALSE_VALUE";
}
