// Entities for tests of the store.
import type { Calculation, Session, WorkGroup } from "../../src/domain/entities.ts";
import type { DriverRow } from "../../src/store/types.ts";

export function storedSession(nodeId: string, id: string, change: Partial<Session> = {}): Session {
  return {
    id,
    nodeId,
    workGroup: "primary",
    description: null,
    engineId: "3.5",
    engineVersion: "Apache Spark version 3.5",
    state: "CREATING",
    stateReason: null,
    engineConfiguration: { MaxConcurrentDpus: 20 },
    sparkConf: {},
    notebookVersion: null,
    notebookId: null,
    monitoring: null,
    executionRole: null,
    workingDirectory: `s3://bucket/${id}`,
    idleTimeoutS: 60,
    encryption: null,
    createdAt: 1,
    modifiedAt: 1,
    endedAt: null,
    idleSinceAt: null,
    dpuMs: 0,
    ...change,
  };
}

export function storedCalculation(id: string, sessionId: string, change: Partial<Calculation> = {}): Calculation {
  return {
    id,
    sessionId,
    description: null,
    state: "RUNNING",
    stateReason: null,
    code: "1",
    workingDirectory: `s3://bucket/${sessionId}/${id}`,
    submittedAt: 2,
    completedAt: null,
    progress: 0,
    dpuMs: 0,
    ...change,
  };
}

export function storedWorkGroup(name: string, change: Partial<WorkGroup> = {}): WorkGroup {
  return { name, state: "ENABLED", description: null, configuration: {}, createdAt: 1, ...change };
}

/** The driver of a pool member that belongs to no session. */
export const storedMember = (id: string): DriverRow => ({
  id,
  sessionId: null,
  engineId: "3.5",
  place: "local",
  handle: { version: 1 },
  token: "t",
  tag: `tag:${id}`,
  protocol: 1,
  fingerprint: "f",
  ackedSeq: 0,
  state: "live",
  createdAt: 1,
});
