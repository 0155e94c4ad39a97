import { createHmac } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { HmacSha256 } from "./hmac.ts";

test("gives what Node's HMAC gives, for keys shorter and longer than a block", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.string({ unit: "grapheme" }), (key, text) => {
      const hmac = new HmacSha256(Buffer.from(key));
      const expected = createHmac("sha256", key).update(text, "utf8").digest("hex");
      expect(hmac.sign(text, "hex")).toBe(expected);
      expect(hmac.sign(text, "hex")).toBe(expected);
    }),
  );
});
