import type { EngineId } from "../domain/engine-version.ts";
import type { DriverEvent, Progress, Query, Welcome } from "./messages.ts";
import type { DriverLogs } from "./logs.ts";

/** What a driver is started with. All paths are absolute. */
export interface LaunchSpec {
  /** Null for a driver that serves no session yet. */
  sessionId: string | null;
  engine: LaunchEngine;
  conf: Record<string, string>;
  /** Jars for the class path, behind the engine's own. */
  extraJars: readonly string[];
  /** For a pool member: what it can be used for, and how far it steps back until it is claimed. */
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
  /** Files to be written; their folder exists. */
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
  /** Properties that a Spark which runs can take. */
  conf: Record<string, string>;
  /** Properties that need a fresh Spark context; empty if the member's own will do. */
  contextConf: Record<string, string>;
}

/**
 * One driver: a supervisor process with its runner and JVM. Sending is best effort: a message that finds no connection is dropped, because `connected` of the
 * listener is where the state of the store is compared and sent again, after a launch and after an adoption alike.
 */
export interface Driver {
  readonly id: string;
  /** Null for a pool member that no session has claimed. */
  readonly sessionId: string | null;
  /** Booted for the pool, whether it serves a session by now or not. */
  readonly isFromPool: boolean;
  readonly logs: DriverLogs;
  /** Settles with why the driver was lost, or with null when it is let go for the next server; never rejects. */
  readonly finished: Promise<string | null>;
  assign(names: SessionNames): void;
  claim(request: ClaimRequest): void;
  /** Only for a pool member: its JVM and its runner stand still until `resume`, or its claim. */
  pause(): void;
  resume(): void;
  run(request: RunRequest): void;
  stop(calculationId: string): void;
  /** Spark's executor summaries; rejects if there is no connection or no answer within 5 s. */
  executors(): Promise<Record<string, unknown>[]>;
  /** The streaming queries that are active, the oldest first; rejects as `executors`, and where the driver is of an earlier version. */
  queries(): Promise<Query[]>;
  /**
   * Ends all processes of the driver: asks, waits `graceMs`, then SIGTERM, then SIGKILL to everything that carries its tag, and resolves when none is left and the
   * listener's `lost` has returned. Rejects if that does not come (a store that fails) within 10 s of the processes' end; it is tried again all the same. Idempotent. With `leaveNothing` its folder
   * goes too, log and all.
   */
  end(graceMs: number, options?: { leaveNothing?: boolean }): Promise<void>;
}

/** Calls for one driver come one at a time and are awaited; for different drivers they interleave. */
export interface DriverListener {
  /** On every connection, the first one and each later one, when all events journaled before it have been delivered. */
  connected(driver: Driver, welcome: Welcome): Promise<void>;
  /** Each journaled event, in order. It is acknowledged when this returns; after a crash of the server it may come again. */
  event(driver: Driver, event: DriverEvent): Promise<void>;
  progress(driver: Driver, progress: Progress): Promise<void>;
  /**
   * The supervisor has left three pings, 15 s, without an answer (`true`), or it and its JVM answer (`false`). Told when it changes, and once by each server, as
   * the one before may have told the contrary.
   */
  silent(driver: Driver, isSilent: boolean): Promise<void>;
  /** The last call: no process of the driver is left, and every event of its journal has been delivered. */
  lost(driver: Driver, reason: string): Promise<void>;
}

/** What this server knows of the driver of a session. */
export type SessionDriver<D = Driver> =
  | { is: "alive"; driver: D }
  /** It is in a place that this server does not reach: nothing may be said of it here. */
  | { is: "elsewhere"; driver?: undefined }
  /** The session has none here. */
  | { is: "unknown"; driver?: undefined };

export interface Drivers {
  /** Resolves when the process has been started and is in the store; everything later comes through the listener. */
  launch(spec: LaunchSpec): Promise<Driver>;
  ofSession(sessionId: string): SessionDriver;
  /** The store has given this pool member to the session: from here on it is the session's driver. Undefined if it is gone. */
  give(driverId: string, sessionId: string): Driver | undefined;
  /** The contrary, at once here, and in the store when it resolves: the driver is nobody's, and is to be ended. */
  takeBack(driverId: string): Promise<void>;
}
