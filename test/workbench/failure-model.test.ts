import { expect, test } from "vitest";
import { missingTests } from "../../scripts/check/failure-model.ts";

test("every fault of docs/failure-model.md names a test that is there", () => {
  expect(missingTests()).toEqual([]);
});

test("a file or a test that is not there is told, and a row without one", () => {
  const row = (reference: string) => `| a fault | what is seen | ${reference} |`;
  expect(missingTests(row("`test/nowhere.test.ts`"))).toEqual([expect.stringContaining("test/nowhere.test.ts")]);
  expect(missingTests(row("`test/faults/disk.test.ts` “a disk that sings”"))).toEqual([
    expect.stringContaining("a disk that sings"),
  ]);
  expect(missingTests(row("none"))).toEqual([expect.stringContaining("no test in")]);
  expect(missingTests("no table")).toEqual([expect.stringContaining("no rows")]);
});
