// The content of an earlier version's database: one row of every kind that a server has to take over. Columns
// that a version did not have yet are left out of its fixture. The test fills in `@HOME@` and `@NOW@`,
// because paths are absolute and tokens are remembered for two days only.
import { tokenUse } from "../../src/domain/request-token.ts";

const nodeId = "0d6f1c1e-5a6f-4f0e-9a43-6f3a1d2b7c10";
const at = 1_760_000_000_000;

/** A UUID for each thing, by its last digits. */
export const idOf = (n: number) => `6f9619ff-8b86-4011-b42d-00c04fc9${n.toString().padStart(4, "0")}`;
export const driverIdOf = (n: number) => `00000000d${n.toString().padStart(3, "0")}`;

export const sessions = { idle: idOf(1), busy: idOf(2), over: idOf(3), creating: idOf(4), terminating: idOf(5) };
export const calculations = { completed: idOf(31), failed: idOf(32), canceled: idOf(33), running: idOf(21) };
export const notebook = idOf(91);
export const drivers = { live: driverIdOf(1), dead: driverIdOf(2), ended: driverIdOf(3), terminating: driverIdOf(5) };

export const tokenOfOver = "a-client-token-of-more-than-32-characters";
export const startOfOver = { WorkGroup: "analytics", EngineConfiguration: {}, ClientRequestToken: tokenOfOver };

type Row = Record<string, string | number | null>;

function session(id: string, state: string, change: Row = {}): Row {
  return {
    id,
    node_id: nodeId,
    work_group: "analytics",
    description: `a session that was ${state}`,
    engine_id: "3.5",
    engine_version: "Apache Spark version 3.5",
    state,
    state_reason: null,
    engine_configuration: JSON.stringify({ CoordinatorDpuSize: 1, MaxConcurrentDpus: 20, DefaultExecutorDpuSize: 1 }),
    spark_conf: JSON.stringify({ "spark.sql.ansi.enabled": "true" }),
    notebook_version: null,
    notebook_id: null,
    monitoring: null,
    execution_role: null,
    working_directory: `s3://glaux-000000000000/${id}`,
    idle_timeout_s: 28_800,
    tags: "{}",
    encryption: null,
    created_at: at,
    modified_at: at + 1_000,
    ended_at: null,
    idle_since_at: null,
    dpu_ms: 0,
    max_dpus: 20,
    ...change,
  };
}

function calculation(id: string, sessionId: string, state: string, change: Row = {}): Row {
  return {
    id,
    session_id: sessionId,
    description: null,
    state,
    state_reason: null,
    code: `print("${state}")`,
    working_directory: `s3://glaux-000000000000/${sessionId}/${id}`,
    submitted_at: at + 2_000,
    completed_at: at + 3_000,
    progress: 100,
    dpu_ms: 1_000,
    ...change,
  };
}

function driver(id: string, sessionId: string, state: string): Row {
  const [folder, socketPath, portsSocketPath] = [`drivers/${id}`, `run/d/${id}.sock`, `run/d/${id}.port`].map(
    (path) => `@HOME@/${path}`,
  ) as [string, string, string];
  // More than any pid that Linux gives. The test fills in the pid of the live driver.
  const pid = 2_147_483_000;
  return {
    id,
    node_id: nodeId,
    session_id: sessionId,
    engine_id: "3.5",
    folder,
    socket_path: socketPath,
    place: "local",
    handle: JSON.stringify({ version: 1, folder, socketPath, portsSocketPath, pid, startedTicks: 1 }),
    token: `token-${id}`,
    tag: `${nodeId}:${id}:secret`,
    pid,
    pid_started_ticks: 1,
    protocol: 1,
    fingerprint: "",
    acked_seq: 2,
    state,
    created_at: at,
  };
}

export function rows(): Record<string, Row[]> {
  const start = tokenUse("StartSession", startOfOver, sessions.over, 0);
  if (!start) throw new Error("The request carries no token");
  return {
    node: [{ id: nodeId, secret: "a-secret-that-signs-page-tokens", created_at: at, version: "0.1.0" }],
    work_groups: [
      { name: "primary", state: "ENABLED", description: null, configuration: "{}", tags: "{}", created_at: at },
      {
        name: "analytics",
        state: "ENABLED",
        description: "of an earlier version",
        configuration: JSON.stringify({ EngineVersion: { SelectedEngineVersion: "Apache Spark version 3.5" } }),
        tags: "{}",
        created_at: at,
      },
    ],
    sessions: [
      session(sessions.idle, "IDLE", { idle_since_at: at }),
      session(sessions.busy, "BUSY"),
      session(sessions.over, "TERMINATED", {
        state_reason: "Session was terminated per request",
        ended_at: at + 9_000,
        dpu_ms: 3_000,
        notebook_version: "Athena notebook version 1",
        notebook_id: notebook,
      }),
      session(sessions.creating, "CREATING"),
      session(sessions.terminating, "TERMINATING"),
    ],
    calculations: [
      calculation(calculations.completed, sessions.over, "COMPLETED"),
      calculation(calculations.failed, sessions.over, "FAILED", { state_reason: "ValueError: no", progress: 40 }),
      calculation(calculations.canceled, sessions.over, "CANCELED", { progress: 7 }),
      calculation(calculations.running, sessions.busy, "RUNNING", { completed_at: null, progress: 0, dpu_ms: 0 }),
    ],
    drivers: [
      driver(drivers.live, sessions.idle, "live"),
      driver(drivers.dead, sessions.busy, "live"),
      driver(drivers.ended, sessions.over, "ended"),
      driver(drivers.terminating, sessions.terminating, "live"),
    ],
    tokens: [
      {
        operation: "StartSession",
        token: tokenOfOver,
        digest: start.digest,
        answer: sessions.over,
        created_at: "@NOW@",
      },
    ],
    notebooks: [{ id: notebook, work_group: "analytics", name: "kept", created_at: at, modified_at: at + 5 }],
    notebook_payloads: [
      { notebook_id: notebook, payload: JSON.stringify({ cells: [], metadata: {}, nbformat: 4, nbformat_minor: 5 }) },
    ],
    tags: [
      { resource: "workgroup/analytics", key: "team", value: "owls" },
      { resource: `workgroup/analytics/session/${sessions.over}`, key: "cost", value: "centre" },
    ],
  };
}
