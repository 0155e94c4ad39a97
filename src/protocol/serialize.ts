import type { Shape, StructureShape } from "./model.ts";

/**
 * Writes an answer as JSON, with the members in the model's order. Members that are null or unknown to the
 * model are left out. Throws for a value of a wrong type, because that is Glaux's own mistake.
 */
export function serialize(answer: object, shape: StructureShape): string {
  return JSON.stringify(write(answer, shape, "answer"));
}

function write(value: unknown, shape: Shape, path: string): unknown {
  switch (shape.type) {
    case "structure": {
      const source = value as Record<string, unknown>;
      const members: Record<string, unknown> = {};
      for (const [name, member] of shape.members) {
        const memberValue = source[name];
        if (memberValue !== undefined && memberValue !== null) {
          members[name] = write(memberValue, member.shape, `${path}.${name}`);
        }
      }
      return members;
    }
    case "list":
      if (!Array.isArray(value)) throw new TypeError(`${path} is not a list`);
      return value.map((item) => write(item, shape.item, path));
    case "map":
      return Object.fromEntries(
        Object.entries(value as Record<string, unknown>)
          .filter(([, entry]) => entry !== undefined && entry !== null)
          .map(([key, entry]) => [key, write(entry, shape.value, path)]),
      );
    case "string":
      if (typeof value !== "string") throw new TypeError(`${path} is not a string`);
      return value;
    case "boolean":
      if (typeof value !== "boolean") throw new TypeError(`${path} is not a boolean`);
      return value;
    case "timestamp":
      return finite(value instanceof Date ? value.getTime() / 1000 : value, path);
    case "integer":
    case "long":
      // The API declares some dates as whole numbers. A Date in such a member becomes epoch milliseconds.
      return finite(value instanceof Date ? value.getTime() : value, path);
    case "double":
      return finite(value, path);
  }
}

function finite(value: unknown, path: string): number {
  if (typeof value !== "number" || !Number.isFinite(value)) throw new TypeError(`${path} is not a finite number`);
  return value;
}
