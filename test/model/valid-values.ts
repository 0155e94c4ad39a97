import type { ScalarShape, Shape, StructureShape } from "../../src/protocol/model.ts";
import { shortest } from "./strings.ts";

/** The smallest value that the shape allows. A structure has only its required members. */
export function valid(shape: Shape): unknown {
  switch (shape.type) {
    case "structure":
      return validStructure(shape);
    case "list":
      return Array.from({ length: shape.min ?? 0 }, () => valid(shape.item));
    case "map":
      return {};
    default:
      return validScalar(shape);
  }
}

export function validStructure({ members }: StructureShape): Record<string, unknown> {
  const required = [...members].filter(([, member]) => member.isRequired);
  return Object.fromEntries(required.map(([name, member]) => [name, valid(member.shape)]));
}

export function validScalar(shape: ScalarShape): unknown {
  switch (shape.type) {
    case "string":
      return shape.values === undefined ? shortest(shape) : [...shape.values][0];
    case "boolean":
      return true;
    default:
      return shape.min ?? 0;
  }
}

let made = 0;

/**
 * Top-level members with which a request gets further than to a "not found". For operations that are missing
 * here, the members that the model requires are enough. The names are new each time.
 */
const sensible: Record<string, () => Record<string, unknown>> = {
  CreateNotebook: () => ({ WorkGroup: "primary", Name: `model ${String(++made)}` }),
  CreateWorkGroup: () => ({ Name: `model-${String(++made)}` }),
  ImportNotebook: () => ({ WorkGroup: "primary", Name: `model ${String(++made)}` }),
  ListNotebookMetadata: () => ({ WorkGroup: "primary" }),
  ListSessions: () => ({ WorkGroup: "primary" }),
  StartSession: () => ({ WorkGroup: "primary" }),
  UpdateWorkGroup: () => ({ WorkGroup: "spare" }),
};

/** The smallest request that the model allows for an operation. */
export function validRequest(name: string, input: StructureShape): Record<string, unknown> {
  return { ...validStructure(input), ...sensible[name]?.() };
}
