// Bodies of Athena requests: valid ones, valid ones with a flaw, and hostile ones.
import type { Operation, Shape, StructureShape } from "../../src/protocol/model.ts";
import { valid, validRequest } from "../../test/model/valid-values.ts";
import type { Random } from "../random.ts";

export function body(random: Random, operation: Operation): Buffer {
  const text = JSON.stringify(request(random, operation));
  switch (random.below(8)) {
    case 0:
      return flipped(random, Buffer.from(text));
    case 1:
      return Buffer.from(text).subarray(0, random.below(text.length));
    case 2:
      return Buffer.from(spliced(random, text, random.pick(hostileTexts)(random)));
    case 3:
      return Buffer.from(random.pick(hostileTexts)(random));
    case 4:
      // Has its first member once more.
      return Buffer.from(text.replace(/^\{("[^"]*":)/, `{$1${JSON.stringify(anything(random))},$1`));
    default:
      return Buffer.from(text);
  }
}

/** A valid body, except that some members may be anything. */
function request(random: Random, { name, input }: Operation): Record<string, unknown> {
  const members: Record<string, unknown> = validRequest(name, input);
  if (random.chance(0.3)) return members;
  for (const [member, { shape }] of input.members) if (random.chance(0.5)) members[member] = value(random, shape);
  if (random.chance(0.2)) members[random.pick(["Owl", "constructor", "workGroup", ""])] = anything(random);
  return members;
}

function value(random: Random, shape: Shape): unknown {
  if (random.chance(0.15)) return anything(random);
  switch (shape.type) {
    case "structure":
      return structure(random, shape);
    case "list":
      return Array.from({ length: random.pick([0, 1, 2, 60]) }, () => value(random, shape.item));
    case "map":
      return Object.fromEntries(
        Array.from({ length: random.pick([0, 1, 5]) }, () => [text(random), value(random, shape.value)]),
      );
    case "string":
      return random.chance(0.5) ? valid(shape) : random.pick(known)(random);
    default:
      return random.chance(0.7) ? valid(shape) : number(random);
  }
}

function structure(random: Random, { members }: StructureShape): Record<string, unknown> {
  const made: Record<string, unknown> = {};
  for (const [name, { shape }] of members) if (random.chance(0.5)) made[name] = value(random, shape);
  return made;
}

/** Names of things that exist, beside random text. */
const known: ((random: Random) => string)[] = [
  text,
  () => "primary",
  () => "spare",
  () => "00000000-0000-4000-8000-000000000000",
  () => "arn:aws:athena:us-east-1:000000000000:workgroup/spare",
  () => "s3://glaux-000000000000/none",
  () => "Apache Spark version 3.5",
  () => JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells: [] }),
];

function anything(random: Random): unknown {
  return random.pick([
    () => null,
    () => random.chance(0.5),
    () => number(random),
    () => text(random),
    () => [anything(random)],
    () => ({ [text(random)]: anything(random) }),
    () => [],
  ])();
}

const number = (random: Random) =>
  random.pick([0, -1, 1, 1.5, -0.0, 2 ** 31, -(2 ** 31) - 1, 2 ** 53, 1e300, 5e-324, random.below(1000)]);

function text(random: Random): string {
  const parts = ["", "a", "..", "/", "\u0000", "\n", "é", "😀", "\u2028", "'", '"', "\\", "%00", "${x}", " ", "-"];
  return Array.from({ length: random.below(6) }, () => random.pick(parts).repeat(random.pick([1, 1, 1, 300]))).join("");
}

const hostileTexts: ((random: Random) => string)[] = [
  (random) => random.pick(["[", '{"a":', "[[", '{"":[']).repeat(random.pick([10, 65, 10_000])),
  (random) => random.pick(["1e400", "-1e400", "1e99999", "0.1e-99999", "9".repeat(400), "1".repeat(20_000)]),
  () => '{"__proto__":{"a":1}}',
  () => '{"SessionId":"a","SessionId":"b"}',
  () => '{"SessionId":"\\ud800"}',
  () => '"\\udfff\\ud800"',
  () => '{"SessionId":"\\u00"}',
  () => "\u0000\ufeff{}",
  (random) => `[${"0,".repeat(random.pick([10, 300_000]))}0]`,
  (random) => random.pick(["", " ", "null", "true", "NaN", "'a'", "{", "}", "{,}", "{a:1}", "[1,]", "//", "1 2", "\t"]),
];

function spliced(random: Random, into: string, what: string): string {
  const at = random.below(into.length + 1);
  return into.slice(0, at) + what + into.slice(at + random.below(3));
}

/** The bytes with some bits flipped. */
export function flipped(random: Random, bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  for (let count = 1 + random.below(4); count > 0 && copy.length > 0; count--) {
    const at = random.below(copy.length);
    copy[at] = (copy[at] ?? 0) ^ (1 << random.below(8));
  }
  return copy;
}
