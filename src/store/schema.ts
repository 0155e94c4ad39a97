import type { ColumnType } from "kysely";
import type { CalculationExecutionState, SessionState, WorkGroupState } from "@aws-sdk/client-athena";
import type { EngineId } from "../domain/engine-version.ts";

/** JSON kept as text: SQLite and PostgreSQL both take text, and no query looks inside it. */
export type Json = ColumnType<string, string, string>;

export interface Schema {
  /**
   * One row: the server that this data folder belongs to. `secret` signs page tokens. `version` is the
   * version of Glaux that opened the database last.
   */
  node: { id: string; secret: string; created_at: number; version: string | null };
  work_groups: {
    name: string;
    state: WorkGroupState;
    description: string | null;
    configuration: Json;
    created_at: number;
  };
  sessions: {
    id: string;
    node_id: string;
    work_group: string;
    description: string | null;
    engine_id: EngineId;
    engine_version: string;
    state: SessionState;
    state_reason: string | null;
    engine_configuration: Json;
    /**
     * The DPUs that the session counts as in the quotas while it is active. The engine configuration holds
     * them too.
     */
    max_dpus: number;
    spark_conf: Json;
    notebook_version: string | null;
    notebook_id: string | null;
    monitoring: Json | null;
    execution_role: string | null;
    working_directory: string;
    idle_timeout_s: number;
    encryption: Json | null;
    created_at: number;
    modified_at: number;
    ended_at: number | null;
    idle_since_at: number | null;
    dpu_ms: number;
    /** Where the session's driver came from; null until it has a driver. Clients never see this. */
    driver_origin: "pool" | "cold" | null;
    driver_origin_why: string | null;
  };
  /** `resource` is the last part of the resource's ARN. The other parts are settings, which may change. */
  tags: { resource: string; key: string; value: string };
  calculations: {
    id: string;
    session_id: string;
    description: string | null;
    state: CalculationExecutionState;
    state_reason: string | null;
    code: string;
    working_directory: string;
    submitted_at: number;
    completed_at: number | null;
    progress: number;
    dpu_ms: number;
  };
  notebooks: { id: string; work_group: string; name: string; created_at: number; modified_at: number };
  notebook_payloads: { notebook_id: string; payload: string };
  drivers: {
    id: string;
    node_id: string;
    session_id: string | null;
    engine_id: EngineId;
    /** JSON of a DriverHandle. */
    handle: string;
    place: string;
    token: string;
    tag: string;
    protocol: number;
    fingerprint: string;
    acked_seq: number;
    state: "live" | "ended";
    created_at: number;
  };
  /** Sessions whose logs have not been completely delivered yet. */
  owed_logs: { session_id: string; node_id: string };
  tokens: { operation: string; token: string; digest: string; answer: string; created_at: number };
}
