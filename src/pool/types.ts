import type { EngineId } from "../domain/engine-version.ts";
import type { PoolBounds } from "../domain/pool-size.ts";
import type { Driver } from "../drivers/types.ts";

/** What asks for a driver: a session that is not stored yet. */
export interface Claimant {
  engineId: EngineId;
  sparkConf: Readonly<Record<string, string>>;
}

/** The warm pool as the sessions see it. */
export interface WarmPool {
  /** Finds the members that could become this session's driver. */
  offer(claimant: Claimant): Promise<Offer>;
  /**
   * To be called when a session boots a driver of its own. Until the answer is disposed of, no member begins
   * to boot, and members that boot are paused.
   */
  stepBack(): Disposable;
  /**
   * Ends a member to free its memory. Resolves when that memory is free. Undefined if the end of all members
   * would not free `missingMb` MiB.
   */
  giveWay(missingMb: number): Promise<void> | undefined;
}

/**
 * Pool members offered to a session. Until the offer is disposed of no member begins to boot, because the
 * session that asks comes first.
 */
export interface Offer extends Disposable {
  /**
   * Ids of pool members, the best first. The store chooses the first that is still free; another session may
   * have been quicker.
   */
  readonly drivers: readonly string[];
  /** The reason for the miss, if the store chooses no member. */
  readonly missReason: string;
  /**
   * To be called when the session has been stored. Its start then counts as demand for members of its kind.
   */
  started(): void;
  /**
   * To be called when the store has given this member to the session. Undefined if the member has died since.
   */
  take(driverId: string, sessionId: string): TakenMember | undefined;
}

/** A pool member that has been given to a session; its claim has not been sent yet. */
export interface TakenMember {
  driver: Driver;
  /** Spark properties that need a fresh Spark context; empty if the member has them already. */
  contextConf: Record<string, string>;
  /** The reason why the member does not fit exactly; null if it does. */
  why: string | null;
}

/** The state of the pool now, to be shown to people. */
export interface PoolStatus {
  bounds: PoolBounds;
  /** True: members lower their own priority. False: they cannot, and are paused while users work. */
  canRaisePriority: boolean;
  members: {
    engineId: EngineId;
    /** Names of the properties, and URIs of the jars, that the member was started with. */
    conf: string[];
    state: "booting" | "ready";
    isPaused: boolean;
    ageMs: number;
  }[];
  /** The reason why no other member boots. */
  waiting: string;
}

export type PoolLog = Record<"info" | "warn" | "error", (fields: object, message: string) => void>;
