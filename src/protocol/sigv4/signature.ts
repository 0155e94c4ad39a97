import { hash, timingSafeEqual } from "node:crypto";
import { canonicalRequest } from "./canonical-request.ts";
import type { Claim, SignedRequest } from "./claim.ts";
import type { HmacSha256 } from "./hmac.ts";

/**
 * Whether the claim's signature is the one that the key gives for this request. The comparison takes the same
 * time wherever the two signatures differ.
 */
export function signatureMatches(
  request: SignedRequest,
  claim: Claim,
  signingKey: HmacSha256,
  payloadHash: string,
): boolean {
  const { date, region, service, terminator } = claim.scope;
  const canonical = canonicalRequest(request, claim.signedHeaders, payloadHash);
  const toSign = `AWS4-HMAC-SHA256\n${claim.date}\n${date}/${region}/${service}/${terminator}\n${hashOf(canonical)}`;
  const expected = signingKey.sign(toSign, "hex");
  return (
    claim.signature.length === expected.length &&
    timingSafeEqual(Buffer.from(claim.signature, "latin1"), Buffer.from(expected, "latin1"))
  );
}

/** Hashes the bytes as they arrived: Node decodes the bytes of headers as Latin-1. */
function hashOf(canonical: string): string {
  return hash("sha256", Buffer.from(canonical, "latin1"), "hex");
}
