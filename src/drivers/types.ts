import type { EngineId } from "../domain/engine-version.ts";
import type { DriverEvent, Progress, Query, Welcome } from "./messages.ts";
import type { DriverLogs } from "./logs.ts";

/** What a driver is started with. All paths are absolute. */
export interface LaunchSpec {
  /** Null for a driver that serves no session yet. */
  sessionId: string | null;
  engine: LaunchEngine;
  conf: Record<string, string>;
  /** Jars for the class path, after the engine's own jars. */
  extraJars: readonly string[];
  /**
   * Set for a pool member. `fingerprint` tells which sessions the member can serve. `nice` is how much the
   * member lowers its priority until it is claimed, as a Unix nice value.
   */
  pool?: { fingerprint: string; nice: number };
}

/** The part of an installed engine that a driver needs. */
export interface LaunchEngine {
  id: EngineId;
  python: string;
  java: string;
  sparkHome: string;
  jars: readonly string[];
  jvmFlags: readonly string[];
}

export interface RunRequest {
  calculationId: string;
  code: string;
  /** Absolute paths of the files that the driver writes. Their folder exists. */
  stdout: string;
  stderr: string;
  results: string;
}

export interface SessionNames {
  sessionId: string;
  workGroup: string;
  engineVersion: string;
  description?: string;
}

/** What makes a pool member the driver of a session. */
export interface ClaimRequest extends SessionNames {
  /** Spark properties that can be set on a running Spark context. */
  conf: Record<string, string>;
  /** Spark properties that need a fresh Spark context; empty if the member's own context will do. */
  contextConf: Record<string, string>;
}

/**
 * One driver: a supervisor process with its runner and JVM. Sending is best effort: a message is dropped if
 * there is no connection. The sender need not retry, because the listener's `connected` compares the state in
 * the store with the driver's and sends again what is missing. That happens on every connection, after a
 * launch and after an adoption alike.
 */
export interface Driver {
  readonly id: string;
  /** Null for a pool member that no session has claimed. */
  readonly sessionId: string | null;
  /** Whether the driver was booted for the pool. It stays true when the driver serves a session. */
  readonly isFromPool: boolean;
  readonly logs: DriverLogs;
  /**
   * Resolves with the reason why the driver was lost, or with null when this server stops attending to the
   * driver and leaves it for the next server. Never rejects.
   */
  readonly finished: Promise<string | null>;
  assign(names: SessionNames): void;
  claim(request: ClaimRequest): void;
  /** Only for a pool member: stops its JVM and its runner until `resume` or the member's claim. */
  pause(): void;
  resume(): void;
  run(request: RunRequest): void;
  stop(calculationId: string): void;
  /** Spark's executor summaries. Rejects if there is no connection, or no answer within 5 s. */
  executors(): Promise<Record<string, unknown>[]>;
  /**
   * The active streaming queries, the oldest first. Rejects like `executors`, and for a driver of an earlier
   * version, which does not know the question.
   */
  queries(): Promise<Query[]>;
  /**
   * Ends all processes of the driver: asks by message, waits about `graceMs` milliseconds, then sends
   * SIGTERM, then SIGKILL to everything that carries the driver's tag. Resolves when no process is left and
   * the listener's `lost` has returned. Rejects if `lost` has not returned within 10 s of the end of the
   * processes, because the store fails, say; `lost` is then retried all the same. Idempotent. With
   * `leaveNothing` the driver's folder is removed too, with its logs and its journal.
   */
  end(graceMs: number, options?: { leaveNothing?: boolean }): Promise<void>;
}

/**
 * Receives what drivers report. The calls for one driver come one at a time, and each is awaited before the
 * next. Calls for different drivers interleave.
 */
export interface DriverListener {
  /**
   * Called on every connection, the first and each later one, when all events that were journaled before the
   * connection have been delivered.
   */
  connected(driver: Driver, welcome: Welcome): Promise<void>;
  /**
   * Called with each journaled event, in order. The event is acknowledged when this call returns. After a
   * crash of the server the same event may come again, so the call must be idempotent.
   */
  event(driver: Driver, event: DriverEvent): Promise<void>;
  progress(driver: Driver, progress: Progress): Promise<void>;
  /**
   * `true`: the supervisor has left three pings, that is 15 s, without an answer. `false`: both the
   * supervisor and its JVM answer. Called when this changes. Each new server also calls it once, because the
   * server before it may have reported the opposite.
   */
  silent(driver: Driver, isSilent: boolean): Promise<void>;
  /**
   * The last call for a driver: no process of the driver is left, and every event of its journal has been
   * delivered.
   */
  lost(driver: Driver, reason: string): Promise<void>;
}

/** What this server knows of a session's driver. */
export type SessionDriver<D = Driver> =
  | { is: "alive"; driver: D }
  /**
   * The driver is in a place that this server does not reach, so this server cannot tell whether it lives.
   */
  | { is: "elsewhere"; driver?: undefined }
  /** The session has no driver that this server knows. */
  | { is: "unknown"; driver?: undefined };

export interface Drivers {
  /**
   * Resolves when the driver's process has been started and the driver is in the store. Everything later is
   * reported through the listener.
   */
  launch(spec: LaunchSpec): Promise<Driver>;
  ofSession(sessionId: string): SessionDriver;
  /**
   * To be called when the store has given this pool member to the session. From then on the driver is the
   * session's driver. Undefined if the driver is gone.
   */
  give(driverId: string, sessionId: string): Driver | undefined;
  /**
   * Undoes `give`. The driver stops being the session's at once in this server, and in the store when the
   * promise resolves. The caller is to end the driver, which then has no session.
   */
  takeBack(driverId: string): Promise<void>;
}
