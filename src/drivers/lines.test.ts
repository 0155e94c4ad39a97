import fc from "fast-check";
import { expect, test } from "vitest";
import { linesOf } from "./lines.ts";

async function* piecesOf(bytes: Buffer, cuts: readonly number[]) {
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  let from = 0;
  for (const place of [...places, bytes.length]) {
    yield bytes.subarray(from, place);
    from = place;
  }
}

test("whatever bytes the pieces are cut at, the lines are those that newlines end", async () => {
  const line = fc.string({
    unit: fc.oneof(fc.constantFrom("\r", "\u2028", "\u2029", "\u0085", "é", "😀"), fc.string()),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(line), fc.array(fc.nat()), fc.string(), async (texts, cuts, cutShort) => {
      const lines = texts.map((text) => text.replaceAll("\n", ""));
      const bytes = Buffer.from(lines.map((one) => `${one}\n`).join("") + cutShort.replaceAll("\n", ""));
      const found: string[] = [];
      for await (const one of linesOf(piecesOf(bytes, cuts))) found.push(one);
      expect(found).toEqual(lines);
    }),
  );
});
