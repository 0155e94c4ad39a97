/** Something that must never happen has happened. */
export class Violation extends Error {}

export function must(isSo: boolean, what: () => string): asserts isSo {
  if (!isSo) throw new Violation(what());
}
