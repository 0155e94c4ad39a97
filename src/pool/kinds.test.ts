import { expect, test } from "vitest";
import type { LaunchShape } from "../domain/launch-shape.ts";
import { demandLastsMs, isUsual } from "../domain/pool-size.ts";
import { readyConf } from "../domain/ready-shapes.ts";
import { Kinds } from "./kinds.ts";

const shape = (conf: Record<string, string>): LaunchShape => ({ engineId: "3.5", conf, jars: [] });

test("the default kind is there before it is asked for, and stays", () => {
  const kinds = new Kinds("3.5", () => false);
  expect(kinds.list()).toEqual([{ shape: shape({}), isDefault: true, isReadyMade: false, askedAt: [] }]);
  kinds.asked(shape({ "spark.a": "1" }), 10 * demandLastsMs);
  kinds.asked(shape({}), 10 * demandLastsMs);
  expect(kinds.list()[0]).toEqual({
    shape: shape({}),
    isDefault: true,
    isReadyMade: false,
    askedAt: [10 * demandLastsMs],
  });
});

test("the same kind is found again, whatever the order of its properties", () => {
  const kinds = new Kinds("3.5", () => false);
  kinds.asked(shape({ "spark.a": "1", "spark.b": "2" }), 1_000);
  expect(isUsual(kinds.asked(shape({ "spark.b": "2", "spark.a": "1" }), 2_000), 2_000)).toBe(true);
  expect(kinds.list()).toHaveLength(2);
});

test("what nobody asks for any more is forgotten", () => {
  const kinds = new Kinds("3.5", () => false);
  kinds.asked(shape({ "spark.a": "1" }), 1_000);
  kinds.asked(shape({}), 1_000 + demandLastsMs);
  expect(kinds.list()).toHaveLength(1);
});

test("ever new kinds do not fill the memory, and the usual ones survive them", () => {
  const kinds = new Kinds("3.5", () => false);
  for (let n = 0; n < 1_000; n++) {
    kinds.asked(shape({ "spark.a": String(n) }), 1_000 + n);
    kinds.asked(shape({ "spark.usual": "1" }), 1_000 + n);
  }
  expect(kinds.list().length).toBeLessThanOrEqual(51);
  const usual = kinds.list().find(({ shape: { conf } }) => conf["spark.usual"] === "1");
  expect(usual?.askedAt).toHaveLength(100);
});

test("the ready-made kinds of an engine with their jars come last until they are asked for", () => {
  const kinds = new Kinds("3.5", () => true);
  const conf = () => kinds.list().map(({ shape: { conf } }) => conf);
  expect(conf()).toEqual([{}, readyConf.iceberg, readyConf.delta]);
  kinds.asked(shape({ "spark.a": "1" }), 1_000);
  const delta = kinds.asked(shape(Object.fromEntries(Object.entries(readyConf.delta).reverse())), 2_000);
  expect(delta.isReadyMade).toBe(true);
  expect(conf()).toEqual([{}, { "spark.a": "1" }, readyConf.delta, readyConf.iceberg]);
  kinds.asked(shape({}), 2_000 + demandLastsMs);
  expect(conf()).toEqual([{}, readyConf.iceberg, readyConf.delta]);
});

test("without the jars a kind of that shape is one among others", () => {
  const kinds = new Kinds("3.5", (_, format) => format === "delta");
  expect(kinds.list().map(({ shape: { conf } }) => conf)).toEqual([{}, readyConf.delta]);
  const kind = kinds.asked(shape(readyConf.iceberg), 1_000);
  expect([kind.isReadyMade, isUsual(kind, 1_000)]).toEqual([false, false]);
});
