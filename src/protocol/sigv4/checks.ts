import type { Key } from "../types.ts";
import { basicDateReader } from "./date.ts";
import { readClaim, type Claim, type SignedRequest } from "./claim.ts";
import { refuse, type WrongScope } from "./failure.ts";
import { signatureMatches } from "./signature.ts";
import { signingKeys } from "./signing-keys.ts";

/** The rules that a service verifies signatures by. */
export interface Expectation {
  region: string;
  /** The service's name as in the scope of a credential: `athena` or `s3`. */
  service: string;
  skewMs: number;
  findKey: (accessKeyId: string) => Key | undefined;
  now: () => number;
}

/** The rules that all services have in common. */
export type Verification = Pick<Expectation, "region" | "findKey" | "now">;

/** A claim that passed every check that is possible before the body has arrived, and the claim's key. */
export interface PlausibleClaim {
  claim: Claim;
  key: Key;
}

export interface SignatureChecks {
  /**
   * Checks everything about a signature but the signature itself, in the order in which AWS reports faults.
   * Throws SignatureRefused.
   */
  checkClaim(request: SignedRequest): PlausibleClaim;
  /**
   * Checks the signature itself, as the last step. Throws SignatureRefused. `payloadHash` is the text that
   * the client must have signed in place of its body; the caller has to make sure that it fits the body.
   */
  checkSignature(request: SignedRequest, plausible: PlausibleClaim, payloadHash: string): void;
}

/** To be called once for each service, because parsed dates and signing keys are cached between requests. */
export function signatureChecks(expected: Expectation): SignatureChecks {
  const readDate = basicDateReader();
  const signingKeyOf = signingKeys();
  return {
    checkClaim(request) {
      const claim = readClaim(request, readDate);
      checkTime(claim, expected);
      checkSignedHeaders(claim);
      checkScope(claim, expected);
      return { claim, key: requireKey(claim, expected) };
    },
    checkSignature(request, { claim, key }, payloadHash) {
      const signingKey = signingKeyOf(key.secretAccessKey, claim.scope);
      if (!signatureMatches(request, claim, signingKey, payloadHash)) refuse({ kind: "signature" });
    },
  };
}

function checkTime({ form, signedAt, validMs }: Claim, { now: clock, skewMs }: Expectation): void {
  const now = clock();
  const limitMs = validMs ?? skewMs;
  if (signedAt + limitMs < now) refuse({ kind: "expired", form, signedAt, now, validMs: limitMs });
  if (signedAt > now + skewMs) refuse({ kind: "not-yet", signedAt, now, skewMs });
}

function checkSignedHeaders({ form, signedHeaders }: Claim): void {
  if (!signedHeaders.includes("host")) refuse({ kind: "unsigned-header", header: "Host" });
  // If the date were not signed, anyone who sees the request could renew it.
  if (form === "header" && !signedHeaders.includes("x-amz-date") && !signedHeaders.includes("date")) {
    refuse({ kind: "unsigned-header", header: "X-Amz-Date" });
  }
}

function checkScope({ scope, date }: Claim, { region, service }: Expectation): void {
  const wrong: WrongScope = {};
  if (scope.region !== region) wrong.region = { given: scope.region, expected: region };
  if (scope.service !== service) wrong.service = { given: scope.service, expected: service };
  if (scope.terminator !== "aws4_request") wrong.terminator = { given: scope.terminator };
  const day = date.slice(0, 8);
  if (scope.date !== day) wrong.date = { given: scope.date, expected: day, signedAt: date };
  if (Object.keys(wrong).length > 0) refuse({ kind: "scope", wrong });
}

function requireKey({ accessKeyId, securityToken }: Claim, { findKey, now }: Expectation): Key {
  const key = findKey(accessKeyId);
  if (key === undefined) return refuse({ kind: "unknown-key", accessKeyId });
  if (key.sessionToken !== securityToken) refuse({ kind: "wrong-token" });
  if (key.expiresAt !== undefined && key.expiresAt <= now()) refuse({ kind: "expired-token" });
  return key;
}
