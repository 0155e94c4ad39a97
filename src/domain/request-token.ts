import { createHash } from "node:crypto";
import { tokenMismatch } from "./refusal.ts";

/**
 * A request's use of an idempotency token. The token is scoped to its operation. `digest` is the hash of the
 * other parameters, which must be the same in a repeated call.
 */
export interface TokenUse {
  operation: string;
  token: string;
  digest: string;
  /** The answer to repeated calls: the id that this call makes. */
  answer: string;
  at: number;
}

export interface StoredToken {
  digest: string;
  answer: string;
}

/**
 * The request's use of its ClientRequestToken; undefined if the request has no token. `answer` is the id that
 * the call is about to make.
 */
export function tokenUse(
  operation: string,
  request: { ClientRequestToken?: string | undefined },
  answer: string,
  at: number,
): TokenUse | undefined {
  const { ClientRequestToken: token, ...parameters } = request;
  return token === undefined ? undefined : { operation, token, digest: digest(parameters), answer, at };
}

/**
 * The id that the first call with this token made. Throws the refusal `tokenMismatch` if this call has other
 * parameters.
 */
export function earlierAnswer(use: TokenUse | undefined, stored: StoredToken): string {
  if (!use) throw new Error("A token was found for a request that carries none");
  if (stored.digest !== use.digest) throw tokenMismatch();
  return stored.answer;
}

/** Whether the store's answer is an earlier use of the token. */
export function isStoredToken(answer: object | string): answer is StoredToken {
  return typeof answer === "object" && "digest" in answer;
}

/** A hash that is the same for equal values, whatever the order of their members. */
function digest(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value, sortMembers)).digest("base64url");
}

function sortMembers(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
