import type { SessionState } from "@aws-sdk/client-athena";

/**
 * Whether a pool member was given to the session, but has not reported `claimed` yet, which makes the session
 * IDLE. Until then, the session may get another driver instead. Clients do not notice: they see CREATING.
 */
export function isClaimPending(
  driver: { readonly isFromPool: boolean },
  session: { readonly state: SessionState } | undefined,
): boolean {
  return driver.isFromPool && session?.state === "CREATING";
}
