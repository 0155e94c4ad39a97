import { expect, test } from "vitest";
import { operationNames } from "../protocol/model.ts";
import { operations } from "./operations.ts";
import { unsupportedOperations } from "./unsupported.ts";

test("every operation of the model is served or refused by name, and no other", () => {
  // The handlers are not called, so they need nothing to stand on.
  expect(Object.keys(operations({} as never)).sort()).toEqual([...operationNames].sort());
});

test("no operation is both served and refused", () => {
  const refused = [...unsupportedOperations.sql, ...unsupportedOperations.notYet];
  expect(new Set(refused).size).toBe(refused.length);
  expect(Object.keys(operations({} as never)).length - refused.length).toBe(34);
});
