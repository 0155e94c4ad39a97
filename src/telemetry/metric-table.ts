/**
 * Every metric at `/-/metrics`. docs/metrics.md is rendered from this table, and nothing else can be counted.
 * Names follow Prometheus's conventions (https://prometheus.io/docs/practices/naming/): base units, and
 * `_total` for counters. No label holds an id, a name that a user chose, or any other text of unbounded
 * variety.
 */
interface MetricDefinition {
  kind: "counter" | "histogram" | "gauge" | "observedCounter";
  labels: Readonly<Record<string, string>>;
  /** Upper bounds of a histogram's buckets, in seconds. */
  bounds?: readonly number[];
  doc: string;
}

const request = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];
const boot = [0.05, 0.1, 0.25, 0.5, 1, 1.5, 2, 3, 5, 10, 20, 60, 120];
const work = [0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 1800, 7200];
const stop = [0.05, 0.1, 0.25, 0.5, 1, 2, 4, 6, 9, 15, 30];

export const metricTable = {
  glaux_build_info: { kind: "gauge", labels: { version: "the version of Glaux" }, doc: "Always 1." },
  glaux_request_duration_seconds: {
    kind: "histogram",
    labels: {
      api: "`athena`, `s3` or `internal` (paths under `/-/`)",
      operation: "the operation of Athena's API, or `unknown`; elsewhere the HTTP method, or `other`",
      outcome: "`ok`, the type of the error, or its HTTP status where it has no type; `gone` if the client left",
    },
    bounds: request,
    doc: "Requests, from the head of each to its answer. Status requests that wait a little for a change take long on purpose: see glaux_answers_held_total.",
  },
  glaux_requests_in_flight: { kind: "gauge", labels: {}, doc: "Connections on which a request waits for its answer." },
  glaux_answers_held_total: {
    kind: "counter",
    labels: {},
    doc: "Status requests that were held back, at most 1.5 s, for a change that was about to come.",
  },
  glaux_sessions: { kind: "gauge", labels: { state: "the state of the session" }, doc: "Sessions that are not over." },
  glaux_sessions_started_total: { kind: "counter", labels: {}, doc: "Sessions that were acknowledged." },
  glaux_sessions_ended_total: {
    kind: "counter",
    labels: { state: "`TERMINATED` or `FAILED`" },
    doc: "Sessions that are over.",
  },
  glaux_session_start_duration_seconds: {
    kind: "histogram",
    labels: {
      start: "`pooled`: the session got a booted driver of the warm pool; `cold`: a Spark was started for the session",
    },
    bounds: boot,
    doc: "From StartSession to IDLE.",
  },
  glaux_session_end_duration_seconds: {
    kind: "histogram",
    labels: {},
    bounds: stop,
    doc: "From TERMINATING to TERMINATED, when no process of the session is left.",
  },
  glaux_sessions_forgotten_total: {
    kind: "counter",
    labels: {},
    doc: "Ended sessions whose rows, logs and folders were removed after GLAUX_RETENTION_DAYS.",
  },
  glaux_calculations_started_total: { kind: "counter", labels: {}, doc: "Calculations that were acknowledged." },
  glaux_calculation_duration_seconds: {
    kind: "histogram",
    labels: { outcome: "`COMPLETED`, `FAILED` or `CANCELED`" },
    bounds: work,
    doc: "Calculations that are over, from StartCalculationExecution to the end.",
  },
  glaux_calculation_stop_duration_seconds: {
    kind: "histogram",
    labels: {},
    bounds: stop,
    doc: "From StopCalculationExecution to CANCELED, when nothing of the calculation runs any more.",
  },
  glaux_result_bytes_total: {
    kind: "counter",
    labels: { file: "`stdout`, `stderr` or `results`" },
    doc: "Bytes that calculations left in their output folders.",
  },
  glaux_drivers: {
    kind: "gauge",
    labels: { state: "`connected` or `unconnected`" },
    doc: "Driver process trees that this server looks after.",
  },
  glaux_driver_adoptions_total: {
    kind: "counter",
    labels: {},
    doc: "Live drivers taken over from an earlier server.",
  },
  glaux_drivers_ended_total: {
    kind: "counter",
    labels: {
      cause:
        "`clean`: the driver was told to end, or had no server for GLAUX_ORPHAN_MINUTES; `failed`: the driver reported why it cannot go on, such as a lost JVM; `vanished`: the driver's supervisor died and reported nothing",
    },
    doc: "Drivers of which no process is left.",
  },
  glaux_runners_lost_total: {
    kind: "counter",
    labels: {},
    doc: "Python processes that died or were killed, and were replaced on the same Spark context.",
  },
  glaux_drivers_degraded_total: {
    kind: "counter",
    labels: {},
    doc: "Times that a JVM or a supervisor did not answer for 15 s.",
  },
  glaux_strays_ended_total: {
    kind: "counter",
    labels: {},
    doc: "Drivers that no row in the store knew, and whose processes were ended.",
  },
  glaux_store_errors_total: {
    kind: "counter",
    labels: { part: "the part of the store that was called", call: "the name of the call" },
    doc: "Calls to the database that failed: a full disk, a damaged file.",
  },
  glaux_disk_free_bytes: { kind: "gauge", labels: {}, doc: "Free space of the disk that holds the data folder." },
  glaux_event_loop_lag_seconds: {
    kind: "gauge",
    labels: { quantile: "`0.5`, `0.99` or `1`" },
    doc: "How late timers were since the metrics were read last. A high value means that something blocks every request.",
  },
  process_cpu_seconds_total: { kind: "observedCounter", labels: {}, doc: "CPU time of the server, user and system." },
  process_resident_memory_bytes: { kind: "gauge", labels: {}, doc: "Memory of the server, without its sessions." },
  process_heap_bytes: { kind: "gauge", labels: {}, doc: "JavaScript heap of the server in use." },
  process_open_fds: { kind: "gauge", labels: {}, doc: "Open file descriptors of the server." },
  process_start_time_seconds: { kind: "gauge", labels: {}, doc: "When the server was started, in Unix time." },
} as const satisfies Record<string, MetricDefinition>;

export type MetricName = keyof typeof metricTable;

/** Names of the metrics of one kind. */
export type NameOf<Kind extends MetricDefinition["kind"]> = {
  [Name in MetricName]: (typeof metricTable)[Name]["kind"] extends Kind ? Name : never;
}[MetricName];

export type LabelsOf<Name extends MetricName> = Record<keyof (typeof metricTable)[Name]["labels"], string>;
