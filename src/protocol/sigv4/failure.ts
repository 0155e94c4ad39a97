/**
 * Why a request's signature was refused, as facts only. The texts that callers read differ between the
 * services, and are in json-refusals.ts and s3-refusals.ts.
 */
export type Failure =
  | { kind: "missing" }
  | { kind: "two-signatures" }
  | { kind: "incomplete"; form: SignatureForm; missing: SignaturePart[]; authorization: string }
  | { kind: "algorithm"; algorithm: string }
  | { kind: "credential"; credential: string }
  | { kind: "date"; date: string }
  | { kind: "expires"; expires: string }
  | { kind: "expired"; form: SignatureForm; signedAt: number; now: number; validMs: number }
  | { kind: "not-yet"; signedAt: number; now: number; skewMs: number }
  | { kind: "unsigned-header"; header: string }
  | { kind: "scope"; wrong: WrongScope }
  | { kind: "unknown-key"; accessKeyId: string }
  | { kind: "wrong-token" }
  | { kind: "expired-token" }
  | { kind: "payload-hash-missing" }
  | { kind: "payload-hash-unsupported" }
  | { kind: "payload-hash-wrong" }
  | { kind: "signature" };

export type SignatureForm = "header" | "query";

export type SignaturePart = "Algorithm" | "Credential" | "Signature" | "SignedHeaders" | "Date" | "Expires";

export interface WrongScope {
  region?: { given: string; expected: string };
  service?: { given: string; expected: string };
  terminator?: { given: string };
  date?: { given: string; expected: string; signedAt: string };
}

export class SignatureRefused extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.kind);
    this.failure = failure;
  }
}

export function refuse(failure: Failure): never {
  throw new SignatureRefused(failure);
}
