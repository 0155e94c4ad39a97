import type { SignedRequest } from "../sigv4/claim.ts";

const methods: readonly string[] = ["GET", "HEAD", "PUT", "POST", "DELETE"];

/** Names an operation by its method; clients may make up methods, so all others share one word. */
export function methodLabel({ method }: Pick<SignedRequest, "method">): string {
  return methods.includes(method) ? method : "other";
}
