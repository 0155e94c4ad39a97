import { expect, test } from "vitest";
import { missingTests } from "../../scripts/check/failure-model.ts";

test("every fault of docs/failure-model.md names a file of tests that is there", () => {
  expect(missingTests()).toEqual([]);
});

test("a file that is not there is told, and so is a row that names none", () => {
  const row = (reference: string) => `| a fault | what is seen | ${reference} |`;
  expect(missingTests(row("`test/nowhere.test.ts`"))).toEqual([expect.stringContaining("test/nowhere.test.ts")]);
  expect(missingTests(row("`test/faults/disk.test.ts`"))).toEqual([]);
  expect(missingTests(row("none"))).toEqual([expect.stringContaining("no test in")]);
  expect(missingTests("no table")).toEqual([expect.stringContaining("no rows")]);
});
