import { hash, timingSafeEqual } from "node:crypto";
import { canonicalRequest } from "./canonical-request.ts";
import type { Claim, SignedRequest } from "./claim.ts";
import { HmacSha256 } from "./hmac.ts";

/** True if the claim's signature is what the secret gives for this request. Takes the same time wherever two signatures differ. */
export function signatureMatches(request: SignedRequest, claim: Claim, secret: string, payloadHash: string): boolean {
  const { date, region, service, terminator } = claim.scope;
  const canonical = canonicalRequest(request, claim.signedHeaders, payloadHash);
  const toSign = `AWS4-HMAC-SHA256\n${claim.date}\n${date}/${region}/${service}/${terminator}\n${hashOf(canonical)}`;
  const expected = signingKey(secret, claim.scope).sign(toSign, "hex");
  return (
    claim.signature.length === expected.length &&
    timingSafeEqual(Buffer.from(claim.signature, "latin1"), Buffer.from(expected, "latin1"))
  );
}

/** Of the bytes as they came: Node gives header bytes as Latin-1. */
function hashOf(canonical: string): string {
  return hash("sha256", Buffer.from(canonical, "latin1"), "hex");
}

const maxCachedKeys = 256;
const signingKeys = new Map<string, HmacSha256>();

/** Four HMACs a key and day, so kept; of too many the oldest goes. The secret is part of the name, so that a changed one counts at once. */
function signingKey(secret: string, { date, region, service }: Claim["scope"]): HmacSha256 {
  const name = `${date}/${region}/${service}/${secret}`;
  let key = signingKeys.get(name);
  if (key === undefined) {
    key = [date, region, service, "aws4_request"].reduce(
      (outer, part) => new HmacSha256(Buffer.from(outer.sign(part, "binary"), "latin1")),
      new HmacSha256(Buffer.from(`AWS4${secret}`, "utf8")),
    );
    const oldest = signingKeys.keys().next();
    if (signingKeys.size >= maxCachedKeys && !oldest.done) signingKeys.delete(oldest.value);
    signingKeys.set(name, key);
  }
  return key;
}
