import { createHash } from "node:crypto";
import { tokenMismatch } from "./refusal.ts";

/** An idempotency token of a request, scoped to its operation, with a digest of the parameters that must not change. */
export interface TokenUse {
  operation: string;
  token: string;
  digest: string;
  /** What a repeated call is to be answered with: the id that this call made. */
  answer: string;
  at: number;
}

export interface StoredToken {
  digest: string;
  answer: string;
}

/** The use of a ClientRequestToken; undefined if the request carries none. `answer` is the id that the call is about to make. */
export function tokenUse(
  operation: string,
  request: { ClientRequestToken?: string | undefined },
  answer: string,
  at: number,
): TokenUse | undefined {
  const { ClientRequestToken: token, ...parameters } = request;
  return token === undefined ? undefined : { operation, token, digest: digest(parameters), answer, at };
}

/** The id that the first call with this token made; refuses one that came with other parameters. */
export function earlierAnswer(use: TokenUse | undefined, stored: StoredToken): string {
  if (!use) throw new Error("A token was found for a request that carries none");
  if (stored.digest !== use.digest) throw tokenMismatch();
  return stored.answer;
}

/** Tells the earlier use of a token from the other answers of the store. */
export function isStoredToken(answer: object | string): answer is StoredToken {
  return typeof answer === "object" && "digest" in answer;
}

/** The same for equal values, whatever the order of members. */
function digest(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value, sortMembers)).digest("base64url");
}

function sortMembers(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
