import { describe, expect, test } from "vitest";
import { closingLine, counted, failureLine, isGreen, none, strict, sum } from "../../scripts/test/counts.ts";

const failures = [{ test: "x > y", message: "expected 1\n  to be 2" }];
const skipped = [{ test: "a > b", reason: "no engine 4" }];

describe("the closing line", () => {
  test("is what continuous integration reads", () => {
    expect(closingLine({ passed: 12, failed: 0, skipped: [] })).toBe("12 passed, 0 failed");
    expect(closingLine({ passed: 12, failed: 3, skipped })).toBe("12 passed, 3 failed, 1 skipped");
  });

  test("sums suites", () => {
    const total = sum({ passed: 1, failed: 2, failures, skipped }, { passed: 10, failed: 20, failures: [], skipped });
    expect(closingLine(total)).toBe("11 passed, 22 failed, 2 skipped");
    expect(total.failures.map(failureLine)).toEqual(["x > y: expected 1 to be 2"]);
  });
});

describe("a run", () => {
  test("in which nothing ran is not green", () => expect(isGreen(none)).toBe(false));
  test("with a failure is not green", () => expect(isGreen({ passed: 5, failed: 1 })).toBe(false));
  test("whose runner failed beside its tests has failed", () => {
    const passed = { ...none, passed: 5 };
    expect(counted(passed, "vitest", 1)).toMatchObject({ failed: 1, failures: [{ test: "vitest" }] });
    expect(counted({ ...passed, failed: 2 }, "vitest", 1).failed).toBe(2);
    expect(counted(passed, "vitest", 0)).toEqual(passed);
  });
  test("may not skip in CI", () => expect(strict({ ...none, skipped }).failed).toBe(1));
  test("may do so where a program cannot be installed", () => {
    const excused = { test: "c", reason: "not to be had here: there is no terraform on the PATH" };
    expect(strict({ ...none, passed: 5, skipped: [...skipped, excused] })).toEqual({
      ...none,
      passed: 5,
      failed: 1,
      skipped: [excused],
    });
  });
});
