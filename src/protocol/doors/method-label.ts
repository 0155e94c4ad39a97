import type { SignedRequest } from "../sigv4/claim.ts";

const methods: readonly string[] = ["GET", "HEAD", "PUT", "POST", "DELETE"];

/**
 * Names an operation by its HTTP method. Clients may make up methods, so all unknown methods share one label.
 */
export function methodLabel({ method }: Pick<SignedRequest, "method">): string {
  return methods.includes(method) ? method : "other";
}
