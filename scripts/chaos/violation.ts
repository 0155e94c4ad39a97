/** Something that must never be. */
export class Violation extends Error {}

export function must(isSo: boolean, what: () => string): asserts isSo {
  if (!isSo) throw new Violation(what());
}
