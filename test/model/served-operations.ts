import { operations } from "../../src/api/operations.ts";
import { unsupportedOperations } from "../../src/api/shapes.generated.ts";
import { findOperation, operationNames, type Operation } from "../../src/protocol/model.ts";

const unsupported = new Set<string>(unsupportedOperations);
// The handlers are only listed, not called, so they need no dependencies.
const handled = new Set(Object.keys(operations({} as never)));

/** The model's descriptions of the operations that this version serves. */
export const servedOperations: readonly Operation[] = operationNames
  .filter((name) => handled.has(name) && !unsupported.has(name))
  .map((name) => findOperation(name))
  .filter((operation) => operation !== undefined);
