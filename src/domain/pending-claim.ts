import type { SessionState } from "@aws-sdk/client-athena";

/**
 * Whether a driver of the pool has still to become its session's: it has been given to the session, and has not told `claimed`, which makes the session IDLE.
 * Until then the session may get another driver in its place, and clients see nothing of it but CREATING.
 */
export function isClaimPending(
  driver: { readonly isFromPool: boolean },
  session: { readonly state: SessionState } | undefined,
): boolean {
  return driver.isFromPool && session?.state === "CREATING";
}
