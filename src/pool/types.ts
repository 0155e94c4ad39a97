import type { EngineId } from "../domain/engine-version.ts";
import type { PoolBounds } from "../domain/pool-size.ts";
import type { Driver } from "../drivers/types.ts";

/** Who asks for a driver: a session, not yet stored. */
export interface Claimant {
  engineId: EngineId;
  sparkConf: Readonly<Record<string, string>>;
}

/** The warm pool as the sessions see it. */
export interface WarmPool {
  /** Which members could be this session's driver. */
  offer(claimant: Claimant): Promise<Offer>;
  /** A session boots a driver of its own: until this is disposed of, no member begins to boot, and those that do stand still. */
  stepBack(): Disposable;
  /** Ends a member for the memory that it holds, and resolves when that is free; undefined where the end of all members would not free `missingMb`. */
  giveWay(missingMb: number): Promise<void> | undefined;
}

/** Until it is disposed of no member begins to boot: the session that asks comes first. */
export interface Offer extends Disposable {
  /** Ids of pool members for the store to choose the first free one of; the best come first. Another session may be quicker. */
  readonly drivers: readonly string[];
  /** Why no member fits, if the store chooses none. */
  readonly missReason: string;
  /** The session has been stored: its start counts as demand for such members. */
  started(): void;
  /** The store has given this one to the session; undefined if it has died since. */
  take(driverId: string, sessionId: string): TakenMember | undefined;
}

/** A pool member on its way to its session; the claim is still to be sent. */
export interface TakenMember {
  driver: Driver;
  /** Properties that need a fresh Spark context; empty if the member has them. */
  contextConf: Record<string, string>;
  /** Why the member does not fit exactly; null if it does. */
  why: string | null;
}

/** What a pool is like now, for people to look at. */
export interface PoolStatus {
  bounds: PoolBounds;
  /** Whether members step back by themselves beside the work of users, or stand still. */
  canRaisePriority: boolean;
  members: {
    engineId: EngineId;
    /** Names of the properties, and jars, that it was started with. */
    conf: string[];
    state: "booting" | "ready";
    isPaused: boolean;
    ageMs: number;
  }[];
  /** Why no other one boots. */
  waiting: string;
}

export type PoolLog = Record<"info" | "warn" | "error", (fields: object, message: string) => void>;
