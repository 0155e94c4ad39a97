import type { EngineId } from "../domain/engine-version.ts";
import type { ChangeHub } from "../lib/change-hub.ts";
import type { GrowingLog } from "../lib/growing-log.ts";
import type { Drivers, LaunchEngine } from "../drivers/types.ts";
import type { WarmPool } from "../pool/types.ts";
import type { Store } from "../store/types.ts";
import type { HeldAnswers } from "./held-answers.ts";
import type { StartQueueSettings } from "./start-queue.ts";

/** What all use cases of sessions need. */
export interface SessionDeps {
  store: Store;
  hub: ChangeHub;
  held: HeldAnswers;
  /** Epoch milliseconds. */
  now: () => number;
  /**
   * Milliseconds of a clock that never jumps, for measuring durations. `now` follows the machine's clock and
   * may jump.
   */
  ticks: () => number;
  log: Log;
}

export interface StartingDeps extends SessionDeps {
  drivers: Pick<Drivers, "launch" | "ofSession" | "takeBack">;
  pool: WarmPool;
  findEngine: (id: EngineId) => Promise<LaunchEngine | undefined>;
  bucketFolders: BucketFolders;
  /**
   * Milliseconds that a driver may take to become ready, from the moment when the session's turn to boot has
   * come.
   */
  startDeadlineMs: number;
  /**
   * Milliseconds that a pool member may take to answer its claim: without, and with, a fresh Spark context.
   */
  claimLimits?: { claimMs: number; freshContextMs: number };
  /** Limits for starts. Default: no limits. */
  starts?: StartQueueSettings;
}

/** The folders of buckets as sessions need them. */
export interface BucketFolders {
  /** Makes the folder of an `s3://` URI, with its bucket, and answers its path. */
  makeFolder(uri: string): Promise<string>;
  /**
   * Copies to the objects `name` and `<name>.1` in that folder what the log holds now, and what was rotated
   * out of it.
   */
  follow(uri: string, name: string, log: GrowingLog): Promise<void>;
  /** False for an `s3://` URI for which no folder can be made. */
  canHold(uri: string): boolean;
  /** Path of the file that an `s3://` URI names. Throws if `uri` is not such a URI. */
  pathOf(uri: string): string;
}

export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
