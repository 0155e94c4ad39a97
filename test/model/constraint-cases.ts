// For every constrained member of an operation: requests with values just inside and just outside each bound,
// and the expected answer. The texts of violations are deliberately written out again here, so that the tests
// do not depend on the server's own.
import type { ListShape, MapShape, Operation, ScalarShape, Shape, StructureShape } from "../../src/protocol/model.ts";
import { lengthOf, longest, mismatch, shortest, stretched } from "./strings.ts";
import { valid, validRequest, validStructure } from "./valid-values.ts";

export interface ConstraintCase {
  readonly operation: string;
  /** The member and a description of its value. */
  readonly name: string;
  /** Makes the request's body, only when it is sent: some bodies have ten million characters. */
  readonly body: () => string;
  /** The expected violations, in order; empty for a value inside its bounds. */
  readonly violations: readonly string[];
}

/** Puts a value into an otherwise valid request. Undefined leaves the member out. */
type Place = (value: unknown) => unknown;

interface Spot {
  readonly operation: string;
  readonly path: string;
  readonly place: Place;
}

export function constraintCases({ name, input }: Operation): ConstraintCase[] {
  const place: Place = (members) => ({ ...validRequest(name, input), ...(members as object) });
  return membersOf(input, { operation: name, path: "", place }, {});
}

function membersOf(shape: StructureShape, spot: Spot, others: Record<string, unknown>): ConstraintCase[] {
  return [...shape.members].flatMap(([name, member]) => {
    const path = spot.path === "" ? member.label : `${spot.path}.${member.label}`;
    const inner: Spot = { ...spot, path, place: (value) => spot.place({ ...others, [name]: value }) };
    return [
      ...(member.isRequired ? [oneCase(inner, "missing", () => undefined, [nullAt(path)])] : []),
      ...(member.isRequired ? [oneCase(inner, "null", () => null, [nullAt(path)])] : []),
      ...casesOf(member.shape, inner),
    ];
  });
}

function casesOf(shape: Shape, spot: Spot): ConstraintCase[] {
  switch (shape.type) {
    case "structure":
      return membersOf(shape, spot, validStructure(shape));
    case "list":
      return listCases(shape, spot);
    case "map":
      return mapCases(shape, spot);
    default:
      return valuesOf(shape).map(({ what, value }) => {
        const broken = constraintsOf(shape).filter((constraint) => !constraint.holds(value()));
        const violations = broken.map(({ text }) => violation(spot.path, text));
        return oneCase(spot, what, value, violations);
      });
  }
}

function listCases({ item, min, max }: ListShape, spot: Spot): ConstraintCase[] {
  const sizes = sizeCases(spot, { min, max }, (length) => Array.from({ length }, () => valid(item)));
  const one: Spot = { ...spot, place: (value) => spot.place([value]) };
  if (isScalar(item)) return [...sizes, ...collective(item, one, "Member")];
  return [...sizes, ...casesOf(item, { ...one, path: `${spot.path}.1.member` })];
}

function mapCases({ key, value, min, max }: MapShape, spot: Spot): ConstraintCase[] {
  const entries = (length: number) =>
    Object.fromEntries(Array.from({ length }, (_, n) => [`k${String(n)}`, valid(value)]));
  const aKey = "k";
  const values: Spot = { ...spot, place: (entry) => spot.place({ [aKey]: entry }) };
  return [
    ...sizeCases(spot, { min, max }, entries),
    ...collective(key, { ...spot, place: (name) => spot.place({ [name as string]: valid(value) }) }, "Map keys"),
    ...(isScalar(value)
      ? collective(value, values, "Map value")
      : casesOf(value, { ...values, path: `${spot.path}.${aKey}.member` })),
  ];
}

/** Scalars in lists and maps are refused by one text, which names all of their constraints. */
function collective(shape: ScalarShape, spot: Spot, what: string): ConstraintCase[] {
  const constraints = constraintsOf(shape);
  const all = `${what} must satisfy constraint: [${constraints.map(({ text }) => text).join(", ")}]`;
  return valuesOf(shape).map((given) => {
    const isInside = constraints.every((constraint) => constraint.holds(given.value()));
    return oneCase(spot, `${what}: ${given.what}`, given.value, isInside ? [] : [violation(spot.path, all)]);
  });
}

function sizeCases(
  spot: Spot,
  { min, max }: { min: number | undefined; max: number | undefined },
  ofSize: (size: number) => unknown,
): ConstraintCase[] {
  const sized = (size: number, text?: string) =>
    oneCase(
      spot,
      `${String(size)} entries`,
      () => ofSize(size),
      text === undefined ? [] : [violation(spot.path, text)],
    );
  return [
    ...(min === undefined ? [] : [sized(min)]),
    ...(min === undefined || min === 0 ? [] : [sized(min - 1, atLeast("length", min))]),
    ...(max === undefined ? [] : [sized(max), sized(max + 1, atMost("length", max))]),
  ];
}

interface Given {
  readonly what: string;
  readonly value: () => unknown;
}

function valuesOf(shape: ScalarShape): Given[] {
  if (shape.type === "boolean" || shape.type === "timestamp") return [];
  return shape.type === "string" ? strings(shape) : numbers(shape);
}

function strings(shape: ScalarShape): Given[] {
  const { min = 0, max, pattern, values } = shape;
  if (values !== undefined)
    return [...[...values].map((value) => is(value)), is([...values].join("_")), is([...values][0]?.toLowerCase())];
  const atMostLong = longest(shape);
  return [
    { what: "the shortest", value: () => shortest(shape) },
    ...(min > 0 ? [{ what: "too short", value: () => stretched(shape, min - 1) }] : []),
    ...(atMostLong === undefined
      ? []
      : [
          { what: "the longest", value: () => atMostLong },
          { what: "too long", value: () => stretched(shape, lengthOf(atMostLong) + 1) },
        ]),
    ...(max === undefined || pattern !== undefined || max > 100_000
      ? []
      : [
          { what: "the longest, of characters outside the first plane", value: () => "😀".repeat(max) },
          { what: "too long, of characters outside the first plane", value: () => "😀".repeat(max + 1) },
        ]),
    ...(max === undefined ? [] : [{ what: "too long by the length alone", value: () => stretched(shape, max + 1) }]),
    ...(pattern === undefined ? [] : [{ what: "against the pattern", value: () => mismatch(shape) }]),
  ];
}

function numbers({ type, min, max }: ScalarShape): Given[] {
  const isInteger = type === "integer";
  const least = min ?? (isInteger ? -(2 ** 31) : undefined);
  const most = max ?? (isInteger ? 2 ** 31 - 1 : undefined);
  return [
    ...(least === undefined ? [] : [is(least), is(least - 1)]),
    ...(most === undefined ? [] : [is(most), is(most + 1), is(2 ** 40)]),
  ];
}

const is = (value: unknown): Given => ({ what: String(value).slice(0, 40), value: () => value });

interface Constraint {
  readonly text: string;
  holds(value: unknown): boolean;
}

function constraintsOf({ type, min, max, pattern, values }: ScalarShape): Constraint[] {
  const what = type === "string" ? "length" : "value";
  const size = (value: unknown) => (what === "length" ? lengthOf(value as string) : (value as number));
  const least = min ?? (type === "integer" ? -(2 ** 31) : undefined);
  const most = max ?? (type === "integer" ? 2 ** 31 - 1 : undefined);
  const constraints: Constraint[] = [];
  if (most !== undefined) constraints.push({ text: atMost(what, most), holds: (value) => size(value) <= most });
  if (least !== undefined) constraints.push({ text: atLeast(what, least), holds: (value) => size(value) >= least });
  if (pattern !== undefined) {
    const text = `Member must satisfy regular expression pattern: ${pattern.text}`;
    constraints.push({ text, holds: (value) => pattern.regExp.test(value as string) });
  }
  if (values !== undefined) {
    const text = `Member must satisfy enum value set: [${[...values].join(", ")}]`;
    constraints.push({ text, holds: (value) => values.has(value as string) });
  }
  return constraints;
}

const isScalar = (shape: Shape): shape is ScalarShape => !["structure", "list", "map"].includes(shape.type);
const atMost = (what: string, max: number) => `Member must have ${what} less than or equal to ${String(max)}`;
const atLeast = (what: string, min: number) => `Member must have ${what} greater than or equal to ${String(min)}`;
const violation = (path: string, text: string) => `Value at '${path}' failed to satisfy constraint: ${text}`;
const nullAt = (path: string) => `Value null at '${path}' failed to satisfy constraint: Member must not be null`;

function oneCase(spot: Spot, what: string, value: () => unknown, violations: readonly string[]): ConstraintCase {
  const { operation, path, place } = spot;
  return { operation, name: `${path}: ${what}`, body: () => JSON.stringify(place(value())), violations };
}
