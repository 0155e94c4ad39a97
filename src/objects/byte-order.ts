/**
 * Compares well-formed strings by their UTF-8 bytes, which is S3's order. JavaScript's comparison gives
 * another order for a surrogate pair and a character in U+E000 to U+FFFF.
 */
export function compareBytes(a: string, b: string): number {
  const common = Math.min(a.length, b.length);
  for (let i = 0; i < common; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

/**
 * A surrogate is half of a code point above U+FFFF, so it ranks after all code units that are not surrogates.
 */
const rank = (unit: number) => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit);
