import { expect, test } from "vitest";
import { basicDateReader } from "./date.ts";

const at = Date.UTC(2026, 10, 20, 10, 15, 0);

test("dates are read one after the other, whatever came before", () => {
  const read = basicDateReader();
  const dates = ["20261120T101500Z", "20261120T101501Z", "nonsense", "20261120T101500Z", "", "20261131T101500Z"];
  for (let round = 0; round < 2; round++)
    expect(dates.map((date) => read(date))).toEqual([at, at + 1000, undefined, at, undefined, undefined]);
});
