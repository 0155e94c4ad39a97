import type { EngineConfiguration } from "@aws-sdk/client-athena";
import { defaultMaxConcurrentDpus } from "./engine-configuration.ts";

/** How much may be active at once. A quota that is absent is unlimited. */
export interface Quotas {
  /** Active sessions. */
  maxSessions: number;
  /** Active sessions of any one workgroup. */
  maxSessionsPerWorkGroup?: number;
  /** The DPUs of all active sessions. */
  maxDpus?: number;
  /** The DPUs of the active sessions of any one workgroup. */
  maxDpusPerWorkGroup?: number;
}

/** What is active at present. */
export interface Usage {
  sessions: number;
  dpus: number;
}

/**
 * Why one more session is refused: too many sessions, too many sessions in its workgroup, or too few DPUs
 * left.
 */
export type QuotaRefusal = "full" | "workGroupFull" | "noDpus";

/**
 * The number of DPUs that a session counts as: the number that it may grow to, whether it uses them or not.
 */
export function dpusOf({ engineConfiguration }: { engineConfiguration: EngineConfiguration }): number {
  return engineConfiguration.MaxConcurrentDpus ?? defaultMaxConcurrentDpus;
}

/**
 * The quota that a further session of `dpus` DPUs would exceed; undefined if there is none. `account` is the
 * usage of all workgroups, `workGroup` that of the session's workgroup.
 */
export function quotaRefusal(
  { maxSessions, maxSessionsPerWorkGroup = Infinity, maxDpus = Infinity, maxDpusPerWorkGroup = Infinity }: Quotas,
  dpus: number,
  account: Usage,
  workGroup: Usage,
): QuotaRefusal | undefined {
  if (account.sessions + 1 > maxSessions) return "full";
  if (workGroup.sessions + 1 > maxSessionsPerWorkGroup) return "workGroupFull";
  if (account.dpus + dpus > maxDpus || workGroup.dpus + dpus > maxDpusPerWorkGroup) return "noDpus";
  return undefined;
}
