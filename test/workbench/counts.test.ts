import { describe, expect, test } from "vitest";
import { closingLine, counted, isGreen, none, strict, sum } from "../../scripts/test/counts.ts";

const skipped = [{ test: "a > b", reason: "no engine 4" }];

describe("the closing line", () => {
  test("is what continuous integration reads", () => {
    expect(closingLine({ passed: 12, failed: 0, skipped: [] })).toBe("12 passed, 0 failed");
    expect(closingLine({ passed: 12, failed: 3, skipped })).toBe("12 passed, 3 failed, 1 skipped");
  });

  test("sums suites", () => {
    const total = sum({ passed: 1, failed: 2, skipped }, { passed: 10, failed: 20, skipped });
    expect(closingLine(total)).toBe("11 passed, 22 failed, 2 skipped");
  });
});

describe("a run", () => {
  test("in which nothing ran is not green", () => expect(isGreen(none)).toBe(false));
  test("with a failure is not green", () => expect(isGreen({ passed: 5, failed: 1, skipped: [] })).toBe(false));
  test("whose runner failed beside its tests has failed", () => {
    expect(counted({ passed: 5, failed: 0, skipped: [] }, 1).failed).toBe(1);
    expect(counted({ passed: 5, failed: 2, skipped: [] }, 1).failed).toBe(2);
    expect(counted({ passed: 5, failed: 0, skipped: [] }, 0).failed).toBe(0);
  });
  test("may not skip in CI", () => expect(strict({ passed: 5, failed: 0, skipped }).failed).toBe(1));
  test("may do so where a program cannot be installed", () => {
    const excused = { test: "c", reason: "not to be had here: there is no terraform on the PATH" };
    expect(strict({ passed: 5, failed: 0, skipped: [...skipped, excused] })).toEqual({
      passed: 5,
      failed: 1,
      skipped: [excused],
    });
  });
});
