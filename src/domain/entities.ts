import type {
  CalculationExecutionState,
  EncryptionConfiguration,
  EngineConfiguration,
  MonitoringConfiguration,
  SessionState,
  WorkGroupConfiguration,
  WorkGroupState,
} from "@aws-sdk/client-athena";
import type { EngineId } from "./engine-version.ts";

/**
 * What the server stores of each entity. Instants are epoch milliseconds. Null means absent, or not known
 * yet.
 */

export interface WorkGroup {
  name: string;
  state: WorkGroupState;
  description: string | null;
  configuration: WorkGroupConfiguration;
  createdAt: number;
}

export interface Session {
  id: string;
  nodeId: string;
  workGroup: string;
  description: string | null;
  engineId: EngineId;
  engineVersion: string;
  state: SessionState;
  stateReason: string | null;
  engineConfiguration: EngineConfiguration;
  sparkConf: Record<string, string>;
  notebookVersion: string | null;
  /** The notebook that the session belongs to. A notebook has at most one active session. */
  notebookId: string | null;
  monitoring: MonitoringConfiguration | null;
  executionRole: string | null;
  /** `s3://…` folder for the outputs of the session's calculations, without a trailing slash. */
  workingDirectory: string;
  idleTimeoutS: number;
  /** The workgroup's settings for the encryption of results. */
  encryption: EncryptionConfiguration | null;
  createdAt: number;
  modifiedAt: number;
  endedAt: number | null;
  idleSinceAt: number | null;
  dpuMs: number;
}

/** The part of a session that clients poll for. */
export type SessionCondition = Pick<
  Session,
  "id" | "state" | "stateReason" | "createdAt" | "modifiedAt" | "endedAt" | "idleSinceAt"
>;

export interface Calculation {
  id: string;
  sessionId: string;
  description: string | null;
  state: CalculationExecutionState;
  stateReason: string | null;
  code: string;
  /**
   * `s3://…` folder of the calculation's objects `stdout`, `stderr` and `results`, without a trailing slash.
   */
  workingDirectory: string;
  submittedAt: number;
  completedAt: number | null;
  progress: number;
  dpuMs: number;
}

/** A notebook without its content. The content may be large, so it is read separately. */
export interface Notebook {
  id: string;
  workGroup: string;
  /** Unique in its workgroup. */
  name: string;
  createdAt: number;
  modifiedAt: number;
}

export interface PagePosition {
  at: number;
  id: string;
}
