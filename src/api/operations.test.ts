import { expect, test } from "vitest";
import { servedOperations } from "../../scripts/model/served.ts";
import { operationNames } from "../protocol/model.ts";
import { notEnabledOperations } from "./not-enabled.ts";
import { operations } from "./operations.ts";
import { unsupportedOperations } from "./shapes.generated.ts";

test("every operation of the model is served or refused by name, and no other", () => {
  // The handlers are only listed, not called, so they need no dependencies.
  expect(Object.keys(operations({} as never)).sort()).toEqual([...operationNames].sort());
});

test("no operation is both served and refused", () => {
  const refused = new Set<string>(unsupportedOperations);
  expect(refused.size).toBe(unsupportedOperations.length);
  const served = Object.keys(operations({} as never)).filter((name) => !refused.has(name));
  // The shapes of answers are generated for the operations in this list.
  expect(served.sort()).toEqual([...servedOperations].sort());
});

test("what is not enabled is an operation that is served", () => {
  expect(servedOperations).toEqual(expect.arrayContaining(Object.keys(notEnabledOperations)));
});
