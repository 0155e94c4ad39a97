// Strings just inside and just outside the bounds of a shape.
import fc from "fast-check";
import type { ScalarShape } from "../../src/protocol/model.ts";

/** Longer than any bound that a pattern alone imposes. */
const endless = 4096;
const fillers = ["a", "0", "-", "/"];
const intruders = [" ", "!", ":", "/", "\n", "\u0000", "é", "z"];

/** The shortest string that the shape allows, as far as the search finds it. */
export function shortest(shape: ScalarShape): string {
  return ofLength(shape, shape.min ?? 0) ?? sample(shape);
}

/** The longest string that the shape allows; undefined if it has no bound. */
export function longest(shape: ScalarShape): string | undefined {
  const known = shape.max === undefined ? undefined : ofLength(shape, shape.max);
  if (known !== undefined || shape.pattern === undefined) return known;
  if (ofLength(shape, endless) !== undefined) return undefined;
  let [fits, tooLong] = [lengthOf(sample(shape)), shape.max ?? endless];
  while (tooLong - fits > 1) {
    const middle = (fits + tooLong) >> 1;
    if (ofLength(shape, middle) === undefined) tooLong = middle;
    else fits = middle;
  }
  return ofLength(shape, fits);
}

/** A string of this length. It matches the pattern if a matching string is found. */
export function stretched(shape: ScalarShape, length: number): string {
  return ofLength(shape, length) ?? "a".repeat(length);
}

/** A string that breaks only the pattern. */
export function mismatch(shape: ScalarShape): string {
  const valid = sample(shape);
  const isRight = (text: string) =>
    shape.pattern?.regExp.test(text) === false &&
    lengthOf(text) >= (shape.min ?? 0) &&
    lengthOf(text) <= (shape.max ?? Infinity);
  for (const intruder of intruders) {
    for (let at = 0; at <= valid.length; at++) {
      const inserted = valid.slice(0, at) + intruder + valid.slice(at);
      if (isRight(inserted)) return inserted;
      const replaced = valid.slice(0, at) + intruder + valid.slice(at + 1);
      if (isRight(replaced)) return replaced;
    }
  }
  throw new Error(`No string was found that breaks the pattern ${shape.pattern?.text ?? ""}`);
}

/** The length in code points, as the API counts. */
export const lengthOf = (text: string) => Array.from(text).length;

/**
 * A string of exactly this length that the pattern allows, made by stretching or cutting a sample. Undefined
 * if none is found.
 */
function ofLength(shape: ScalarShape, length: number): string | undefined {
  const { pattern } = shape;
  if (pattern === undefined) return "a".repeat(length);
  const valid = sample(shape);
  for (let at = valid.length; at >= 0; at--) {
    for (const filler of fillers) {
      const text =
        length >= valid.length
          ? valid.slice(0, at) + filler.repeat(length - valid.length) + valid.slice(at)
          : valid.slice(0, at) + valid.slice(at + valid.length - length);
      if (text.length === length && pattern.regExp.test(text)) return text;
    }
  }
  return undefined;
}

const samples = new Map<ScalarShape, string>();

function sample(shape: ScalarShape): string {
  const known = samples.get(shape);
  if (known !== undefined) return known;
  const made = makeSample(shape);
  samples.set(shape, made);
  return made;
}

function makeSample({ pattern, min = 0, max = Infinity }: ScalarShape): string {
  if (pattern === undefined) return "a".repeat(min);
  const fits = (text: string) => pattern.regExp.test(text) && text.length >= min && text.length <= max;
  // Plain letters are tried first, because they are valid in file names and easy to read in messages.
  const plain = [min, 1, min + 1].map((length) => "a".repeat(length)).find(fits);
  if (plain !== undefined) return plain;
  const drawn = fc.sample(fc.stringMatching(new RegExp(`^(?:${pattern.text})$`)), { numRuns: 200, seed: 4 });
  const found = drawn.filter((text) => fits(text) && /^[ -~]*$/.test(text)).sort((a, b) => a.length - b.length)[0];
  if (found === undefined) throw new Error(`No string was found that fits the pattern ${pattern.text}`);
  return found;
}
