import { expect, test } from "vitest";
import { requiredGlibc } from "./glibc.ts";

const wheel = (platforms: string): string => `numpy-1.26.4-cp311-cp311-${platforms}.whl`;

test.each<[string, string[], string]>([
  ["none: the pinned Node's", [], "2.28"],
  ["older ones", [wheel("manylinux2014_x86_64"), wheel("manylinux1_x86_64"), wheel("manylinux_2_5_x86_64")], "2.28"],
  ["a newer one", [wheel("manylinux2014_x86_64"), wheel("manylinux_2_34_x86_64")], "2.34"],
  ["the oldest of one wheel's", [wheel("manylinux_2_34_x86_64.manylinux_2_31_x86_64")], "2.31"],
  ["versions are numbers", [wheel("manylinux_2_9_aarch64"), wheel("manylinux_2_100_aarch64")], "2.100"],
  ["pure Python and sources", ["six-1.17.0-py2.py3-none-any.whl", "pyspark-3.5.7.tar.gz"], "2.28"],
])("the glibc that wheels need: %s", (_, names, expected) => {
  expect(requiredGlibc(names)).toBe(expected);
});
