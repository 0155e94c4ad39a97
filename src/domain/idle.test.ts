import { expect, test } from "vitest";
import { idleLeft } from "./idle.ts";

test("what is left runs from the stored instant, and is whole where that lies in the future of a clock that was set back", () => {
  const idleTimeoutS = 60;
  expect(idleLeft({ idleSinceAt: null, idleTimeoutS }, 5)).toBeUndefined();
  expect(idleLeft({ idleSinceAt: 1_000, idleTimeoutS }, 1_000)).toBe(60_000);
  expect(idleLeft({ idleSinceAt: 1_000, idleTimeoutS }, 31_000)).toBe(30_000);
  expect(idleLeft({ idleSinceAt: 1_000, idleTimeoutS }, 91_000)).toBe(-30_000);
  expect(idleLeft({ idleSinceAt: 9_000_000, idleTimeoutS }, 1_000)).toBe(60_000);
});
