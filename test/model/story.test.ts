import { expect, test } from "vitest";
import { servedOperations } from "./served-operations.ts";
import { story } from "./story.ts";

test("the story has every operation that is served", () => {
  expect(Object.keys(story).sort()).toEqual(servedOperations.map(({ name }) => name));
});
