import { createHmac, hash, timingSafeEqual } from "node:crypto";
import { canonicalRequest } from "./canonical-request.ts";
import type { Claim, SignedRequest } from "./claim.ts";

/** True if the claim's signature is what the secret gives for this request. Takes the same time wherever two signatures differ. */
export function signatureMatches(request: SignedRequest, claim: Claim, secret: string, payloadHash: string): boolean {
  const { date, region, service, terminator } = claim.scope;
  const canonical = canonicalRequest(request, claim.signedHeaders, payloadHash);
  const toSign = `AWS4-HMAC-SHA256\n${claim.date}\n${date}/${region}/${service}/${terminator}\n${hashOf(canonical)}`;
  const expected = hmac(signingKey(secret, claim.scope), toSign).toString("hex");
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
const signingKeys = new Map<string, Buffer>();

/** Four HMACs a key and day, so kept; the least recently used one goes. The secret is part of the name, so that a changed one counts at once. */
function signingKey(secret: string, { date, region, service }: Claim["scope"]): Buffer {
  const name = `${date}/${region}/${service}/${secret}`;
  let key = signingKeys.get(name);
  if (key === undefined) {
    key = hmac(hmac(hmac(hmac(`AWS4${secret}`, date), region), service), "aws4_request");
    const oldest = signingKeys.keys().next();
    if (signingKeys.size >= maxCachedKeys && !oldest.done) signingKeys.delete(oldest.value);
  } else signingKeys.delete(name);
  signingKeys.set(name, key);
  return key;
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text, "utf8").digest();
}
