import { expect, test } from "vitest";
import type { LaunchShape } from "../domain/launch-shape.ts";
import { demandLastsMs, isUsual } from "../domain/pool-size.ts";
import { Kinds } from "./kinds.ts";

const shape = (conf: Record<string, string>): LaunchShape => ({ engineId: "3.5", conf, jars: [] });

test("the default kind is there before it is asked for, and stays", () => {
  const kinds = new Kinds("3.5");
  expect(kinds.list()).toEqual([{ shape: shape({}), isDefault: true, askedAt: [] }]);
  kinds.asked(shape({ "spark.a": "1" }), 10 * demandLastsMs);
  kinds.asked(shape({}), 10 * demandLastsMs);
  expect(kinds.list()[0]).toEqual({ shape: shape({}), isDefault: true, askedAt: [10 * demandLastsMs] });
});

test("the same kind is found again, whatever the order of its properties", () => {
  const kinds = new Kinds("3.5");
  kinds.asked(shape({ "spark.a": "1", "spark.b": "2" }), 1_000);
  expect(isUsual(kinds.asked(shape({ "spark.b": "2", "spark.a": "1" }), 2_000), 2_000)).toBe(true);
  expect(kinds.list()).toHaveLength(2);
});

test("what nobody asks for any more is forgotten", () => {
  const kinds = new Kinds("3.5");
  kinds.asked(shape({ "spark.a": "1" }), 1_000);
  kinds.asked(shape({}), 1_000 + demandLastsMs);
  expect(kinds.list()).toHaveLength(1);
});

test("ever new kinds do not fill the memory, and the usual ones survive them", () => {
  const kinds = new Kinds("3.5");
  for (let n = 0; n < 1_000; n++) {
    kinds.asked(shape({ "spark.a": String(n) }), 1_000 + n);
    kinds.asked(shape({ "spark.usual": "1" }), 1_000 + n);
  }
  expect(kinds.list().length).toBeLessThanOrEqual(51);
  const usual = kinds.list().find(({ shape: { conf } }) => conf["spark.usual"] === "1");
  expect(usual?.askedAt).toHaveLength(100);
});
