import type { EngineConfiguration } from "@aws-sdk/client-athena";
import { defaultMaxConcurrentDpus } from "./engine-configuration.ts";

/** How much may be active at once. What is not given has no bound. */
export interface Quotas {
  /** Sessions. */
  maxSessions: number;
  /** Sessions of any one workgroup. */
  maxSessionsPerWorkGroup?: number;
  /** The DPUs of all sessions. */
  maxDpus?: number;
  /** The DPUs of any one workgroup's sessions. */
  maxDpusPerWorkGroup?: number;
}

/** What is active already. */
export interface Usage {
  sessions: number;
  dpus: number;
}

/** Why one more session cannot be: too many of all, too many of its workgroup, or no DPUs left for it. */
export type QuotaRefusal = "full" | "workGroupFull" | "noDpus";

/** What a session counts as, whether it uses them or not: the DPUs that it may grow to. */
export function dpusOf({ engineConfiguration }: { engineConfiguration: EngineConfiguration }): number {
  return engineConfiguration.MaxConcurrentDpus ?? defaultMaxConcurrentDpus;
}

/** Whether a session of `dpus` may join what is active: undefined if it may. The account's use includes the workgroup's. */
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
