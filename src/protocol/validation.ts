import { invalidRequest } from "./exceptions.ts";
import type { ListShape, MapShape, ScalarShape, Shape, StructureShape } from "./model.ts";

const maxInteger = 2 ** 31 - 1;

/**
 * Throws one InvalidRequestException that lists all violations of the model's constraints, in member order
 * and in AWS's words. The input already has the model's types (deserialize.ts). The text never repeats a
 * value of the input, except null.
 */
export function validate(input: Record<string, unknown>, shape: StructureShape): void {
  const violations: string[] = [];
  checkStructure(input, shape, "", violations);
  if (violations.length === 0) return;
  const count = violations.length === 1 ? "1 validation error" : `${String(violations.length)} validation errors`;
  throw invalidRequest(`${count} detected: ${violations.join("; ")}`);
}

function check(value: unknown, shape: Shape, path: string, violations: string[]): void {
  switch (shape.type) {
    case "structure":
      checkStructure(value as Record<string, unknown>, shape, path, violations);
      return;
    case "list":
      checkList(value as unknown[], shape, path, violations);
      return;
    case "map":
      checkMap(value as Record<string, unknown>, shape, path, violations);
      return;
    default:
      for (const constraint of constraintsOf(shape)) {
        if (!constraint.holds(value)) violations.push(violation(path, constraint.text));
      }
  }
}

function checkStructure(
  value: Record<string, unknown>,
  shape: StructureShape,
  path: string,
  violations: string[],
): void {
  for (const [name, member] of shape.members) {
    const memberPath = path === "" ? member.label : `${path}.${member.label}`;
    const memberValue = value[name];
    if (memberValue !== undefined) check(memberValue, member.shape, memberPath, violations);
    else if (member.isRequired) violations.push(nullViolation(memberPath));
  }
}

function checkList(items: unknown[], shape: ListShape, path: string, violations: string[]): void {
  checkLength(items.length, shape, path, violations);
  const { item } = shape;
  if (item.type === "structure" || item.type === "list" || item.type === "map") {
    items.forEach((value, index) => {
      const itemPath = `${path}.${String(index + 1)}.member`;
      if (value === null) violations.push(nullViolation(itemPath));
      else check(value, item, itemPath, violations);
    });
    return;
  }
  const constraints = [...constraintsOf(item)];
  if (items.includes(null)) constraints.unshift({ text: "Member must not be null", holds: (value) => value !== null });
  if (!items.every((value) => holdsAll(value, constraints))) violations.push(nested(path, "Member", constraints));
}

function checkMap(entries: Record<string, unknown>, shape: MapShape, path: string, violations: string[]): void {
  checkLength(Object.keys(entries).length, shape, path, violations);
  const keyConstraints = constraintsOf(shape.key);
  if (!Object.keys(entries).every((key) => holdsAll(key, keyConstraints))) {
    violations.push(nested(path, "Map keys", keyConstraints));
  }
  const { value: valueShape } = shape;
  if (valueShape.type === "structure" || valueShape.type === "list" || valueShape.type === "map") {
    for (const [key, value] of Object.entries(entries)) check(value, valueShape, `${path}.${key}.member`, violations);
    return;
  }
  const valueConstraints = constraintsOf(valueShape);
  if (!Object.values(entries).every((value) => holdsAll(value, valueConstraints))) {
    violations.push(nested(path, "Map value", valueConstraints));
  }
}

function checkLength(length: number, shape: ListShape | MapShape, path: string, violations: string[]): void {
  const { min = 0, max = Infinity } = shape;
  if (length > max) violations.push(violation(path, atMost("length", max)));
  if (length < min) violations.push(violation(path, atLeast("length", min)));
}

interface Constraint {
  readonly text: string;
  holds(value: unknown): boolean;
}

const known = new WeakMap<ScalarShape, readonly Constraint[]>();

function constraintsOf(shape: ScalarShape): readonly Constraint[] {
  let constraints = known.get(shape);
  if (constraints === undefined) {
    constraints = shape.type === "string" ? stringConstraints(shape) : numberConstraints(shape);
    known.set(shape, constraints);
  }
  return constraints;
}

function stringConstraints({ min, max, pattern, values }: ScalarShape): Constraint[] {
  const constraints: Constraint[] = [];
  if (max !== undefined)
    constraints.push({ text: atMost("length", max), holds: (value) => lengthOf(value, max) <= max });
  if (min !== undefined) constraints.push({ text: atLeast("length", min), holds: (value) => lengthOf(value) >= min });
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

function numberConstraints({
  type,
  min,
  max = type === "integer" ? maxInteger : undefined,
}: ScalarShape): Constraint[] {
  const least = min ?? (type === "integer" ? -maxInteger - 1 : undefined);
  const constraints: Constraint[] = [];
  if (max !== undefined) constraints.push({ text: atMost("value", max), holds: (value) => (value as number) <= max });
  if (least !== undefined) {
    constraints.push({ text: atLeast("value", least), holds: (value) => (value as number) >= least });
  }
  return constraints;
}

/**
 * The length in code points, as AWS counts. A text of at most `enough` UTF-16 units is not counted: it cannot
 * have more code points than units.
 */
function lengthOf(value: unknown, enough = 0): number {
  const text = value as string;
  if (text.length <= enough) return text.length;
  let length = 0;
  for (let at = 0; at < text.length; at++) if ((text.charCodeAt(at) & 0xfc00) !== 0xdc00) length++;
  return length;
}

const holdsAll = (value: unknown, constraints: readonly Constraint[]) =>
  constraints.every((constraint) => constraint.holds(value));

const atMost = (what: "length" | "value", max: number) =>
  `Member must have ${what} less than or equal to ${String(max)}`;
const atLeast = (what: "length" | "value", min: number) =>
  `Member must have ${what} greater than or equal to ${String(min)}`;

const violation = (path: string, text: string) => `Value at '${path}' failed to satisfy constraint: ${text}`;
const nullViolation = (path: string) => `Value null at '${path}' failed to satisfy constraint: Member must not be null`;
const nested = (path: string, what: string, constraints: readonly Constraint[]) =>
  violation(path, `${what} must satisfy constraint: [${constraints.map(({ text }) => text).join(", ")}]`);
