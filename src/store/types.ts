import type { CalculationExecutionState, SessionState } from "@aws-sdk/client-athena";
import type { Calculation, Notebook, PagePosition, Session, SessionCondition, WorkGroup } from "../domain/entities.ts";
import type { EngineId } from "../domain/engine-version.ts";
import type { QuotaRefusal, Quotas } from "../domain/quota.ts";
import type { Tag } from "../domain/tags.ts";
import type { StoredToken, TokenUse } from "../domain/request-token.ts";

/**
 * The store holds what clients were told and what they see. Every change of a state is a compare-and-set. A
 * caller that loses the race gets `undefined` and reads again. After a write has returned, it survives the
 * death of any process (SQLite in WAL mode), but not a power cut. Instants are epoch milliseconds.
 */
export interface Store {
  readonly workGroups: WorkGroupStore;
  readonly sessions: SessionStore;
  readonly calculations: CalculationStore;
  readonly notebooks: NotebookStore;
  readonly drivers: DriverStore;
  readonly undeliveredLogs: UndeliveredLogStore;
  readonly tags: TagStore;
  readonly tokens: TokenStore;
  readonly retention: RetentionStore;
  /** A random id that is made with the database. The tags of all the server's drivers contain it. */
  readonly nodeId: string;
  /** A random secret that is made with the database. It signs page tokens. */
  readonly secret: string;
  close(): Promise<void>;
}

export interface WorkGroupStore {
  /** False if the name is taken. */
  insert(workGroup: WorkGroup, tags: readonly Tag[]): Promise<boolean>;
  find(name: string): Promise<WorkGroup | undefined>;
  /** In order of names, at most `limit`, beginning after the name `after`. */
  list(page: { after: string | undefined; limit: number }): Promise<WorkGroup[]>;
  /**
   * Replaces the workgroup by the result of `change`, in one transaction. Returns undefined if there is no
   * such workgroup. If `change` throws, nothing changes and its error is thrown.
   */
  update(name: string, change: (workGroup: WorkGroup) => WorkGroup): Promise<WorkGroup | undefined>;
  /**
   * Deletes the workgroup with its tags and notebooks. Its sessions stay. Answers "notEmpty" if `onlyIfEmpty`
   * is set and the workgroup has a notebook or an active session.
   */
  delete(name: string, rules: { onlyIfEmpty: boolean }): Promise<"deleted" | "notEmpty" | "unknown">;
}

/**
 * `resource` is the last part of an ARN (see domain/arn.ts). These methods do not check that the resource
 * exists.
 */
export interface TagStore {
  /** In order of keys. With `page`, at most `limit`, beginning after the key `after`. */
  list(resource: string, page?: { after: string | undefined; limit: number }): Promise<Tag[]>;
  /**
   * Adds tags, or replaces those of the same keys. The keys of `tags` must differ from each other. Returns
   * false, and changes nothing, if the resource would have more than `limit` tags.
   */
  put(resource: string, tags: readonly Tag[], limit: number): Promise<boolean>;
  remove(resource: string, keys: readonly string[]): Promise<void>;
}

export interface SessionStore {
  /**
   * Inserts the session and stores its idempotency token, in one transaction.
   *
   * - If an identical call has stored the token meanwhile, the answer is what that call stored, and nothing
   *   is inserted.
   * - If the session would exceed a quota (see domain/quota.ts), the answer is the refusal.
   * - If the session has a notebook, the notebook must belong to the session's workgroup (else "noNotebook")
   *   and have no active session (else "notebookInUse").
   * - `hasLogsToDeliver` notes the session's logs as undelivered.
   * - The first member of the pool in `drivers` that belongs to no session becomes this session's driver. The
   *   same transaction claims it, so no driver is claimed twice, or for a session that does not exist.
   */
  insert(
    session: Session,
    rules: Quotas & {
      token: TokenUse | undefined;
      tags?: readonly Tag[];
      hasLogsToDeliver?: boolean;
      drivers?: readonly string[];
    },
  ): Promise<"inserted" | ClaimedDriver | QuotaRefusal | "noWorkGroup" | "noNotebook" | "notebookInUse" | StoredToken>;
  find(id: string): Promise<Session | undefined>;
  /** The columns of a session that clients poll for. Takes a third of the time of `find`. */
  findCondition(id: string): Promise<SessionCondition | undefined>;
  /** Newest first. */
  list(filter: {
    workGroup: string;
    states: readonly SessionState[];
    after: PagePosition | undefined;
    limit: number;
  }): Promise<Session[]>;
  /** How many sessions are in each of `states`. A state without sessions is left out. */
  count(states: readonly SessionState[]): Promise<{ state: SessionState; count: number }[]>;
  /** All sessions of this node that are in one of `states`, in no order. */
  inStates(states: readonly SessionState[]): Promise<Session[]>;
  /**
   * Changes the state by a compare-and-set along the transition table; `from` in `change` narrows the states
   * to come from. Returns undefined if the session was in none of these states.
   */
  transition(id: string, to: SessionState, change: SessionChange): Promise<Session | undefined>;
  setOrigin(id: string, origin: DriverOrigin): Promise<void>;
  /** Undefined if there is no such session, or if it never had a driver. */
  origin(id: string): Promise<DriverOrigin | undefined>;
}

/** The session was inserted, and this pool member is its driver. */
export interface ClaimedDriver {
  driverId: string;
}

/**
 * Where a session's driver came from. `why` is null if the session got a pool member that fitted exactly;
 * otherwise `why` is the reason of the miss, or of the imperfect fit.
 */
export interface DriverOrigin {
  from: "pool" | "cold";
  why: string | null;
}

export interface SessionChange {
  at: number;
  from?: readonly SessionState[];
  reason?: string | null;
  /** Change the session only if it has been idle since exactly this instant. */
  ifIdleSinceAt?: number;
  /** Since when the session is idle. Default: `at` if the new state is IDLE, else null. */
  idleSinceAt?: number;
}

export interface CalculationEnd {
  at: number;
  state: "COMPLETED" | "FAILED" | "CANCELED";
  reason: string | null;
  dpuMs: number;
}

export interface CalculationStore {
  /**
   * Moves the session from IDLE to BUSY and inserts the calculation, in one transaction. Answers the
   * session's state in `refused` if the session was not IDLE, and the stored token if an identical call came
   * first.
   */
  start(
    calculation: Calculation,
    token: TokenUse | undefined,
  ): Promise<"started" | StoredToken | { refused: Session["state"] }>;
  find(id: string): Promise<Calculation | undefined>;
  list(filter: {
    sessionId: string;
    state: CalculationExecutionState | undefined;
    after: PagePosition | undefined;
    limit: number;
  }): Promise<Calculation[]>;
  /** The calculation of this session that is RUNNING or CANCELING; there is at most one. */
  current(sessionId: string): Promise<Calculation | undefined>;
  /** Moves the calculation from RUNNING to CANCELING. Returns undefined if it was not RUNNING. */
  cancel(id: string): Promise<Calculation | undefined>;
  /** Stores the progress, which never falls. Does nothing if the calculation has ended. */
  progress(id: string, progress: number): Promise<void>;
  /**
   * Ends the calculation in one transaction. Its session gets the calculation's DPU time, and becomes IDLE at
   * `at` if it was BUSY. A calculation in CANCELING always ends as CANCELED. Returns undefined if the
   * calculation had ended before.
   */
  finish(id: string, end: CalculationEnd): Promise<Calculation | undefined>;
}

/**
 * Each method is one transaction, which checks names, sessions and tokens itself. So if two calls race, the
 * second one sees what the first one did. A token is stored only by a call that succeeds.
 */
export interface NotebookStore {
  insert(
    notebook: Notebook,
    payload: string,
    token: TokenUse | undefined,
  ): Promise<"inserted" | "noWorkGroup" | "nameTaken" | StoredToken>;
  find(id: string): Promise<Notebook | undefined>;
  /** The notebook and its content, read in one statement. */
  read(id: string): Promise<{ notebook: Notebook; payload: string } | undefined>;
  /** Newest first. `nameContains` is compared case-sensitively, and has no wildcards. */
  list(filter: {
    workGroup: string;
    nameContains: string | undefined;
    after: PagePosition | undefined;
    limit: number;
  }): Promise<Notebook[]>;
  /**
   * Replaces the content. `sessionId` names the session that saves: see `NotebookInUse` and `NotItsSession`.
   */
  save(
    id: string,
    payload: string,
    change: { at: number; sessionId: string | undefined; token: TokenUse | undefined },
  ): Promise<"saved" | "unknown" | NotebookInUse | NotItsSession | StoredToken>;
  rename(
    id: string,
    name: string,
    change: { at: number; token: TokenUse | undefined },
  ): Promise<"renamed" | "unknown" | "nameTaken" | NotebookInUse | StoredToken>;
  delete(id: string): Promise<"deleted" | "unknown" | NotebookInUse>;
  /** The notebook's active sessions, newest first. */
  activeSessions(
    id: string,
    page: { after: PagePosition | undefined; limit: number },
  ): Promise<{ id: string; createdAt: number }[]>;
}

/** The notebook has an active session, and the call does not come from that session. */
export interface NotebookInUse {
  inUseBy: string;
}

/** The session that the call names does not belong to this notebook. */
export type NotItsSession = "notItsSession";

/** What a place needs to find a driver again. Only the place reads the facts. */
export interface DriverHandle {
  /** The version of the format of the other members. */
  readonly version: number;
  readonly [fact: string]: string | number | null;
}

/**
 * A driver in the store. `state` is `live` from before the driver's first process is started until all of its
 * processes are known to be gone.
 */
export interface DriverRow {
  id: string;
  sessionId: string | null;
  engineId: EngineId;
  /** The name of the place where the driver runs. */
  place: string;
  handle: DriverHandle;
  token: string;
  tag: string;
  protocol: number;
  fingerprint: string;
  ackedSeq: number;
  state: "live" | "ended";
  createdAt: number;
}

export interface DriverStore {
  insert(driver: DriverRow): Promise<void>;
  /** Stores the driver's handle, after the driver has been started or found. */
  placed(id: string, handle: DriverHandle): Promise<void>;
  acked(id: string, seq: number): Promise<void>;
  /** Takes the driver from the session that has claimed it. */
  unclaim(id: string): Promise<void>;
  ended(id: string): Promise<void>;
  /** The live drivers of this node, the oldest first. */
  live(): Promise<DriverRow[]>;
  ofSession(sessionId: string): Promise<DriverRow | undefined>;
}

/** The sessions of this node, active or over, whose logs have not been completely delivered yet. */
export interface UndeliveredLogStore {
  /** The ids of these sessions, in no order. */
  list(): Promise<string[]>;
  has(sessionId: string): Promise<boolean>;
  delivered(sessionId: string): Promise<void>;
}

/**
 * Removes rows whose retention time is over. Each call is short, so that other transactions do not wait for
 * it.
 */
export interface RetentionStore {
  /**
   * Sessions of this node that ended before the instant `before` and have no live driver. The oldest, at most
   * `limit`.
   */
  expired(before: number, limit: number): Promise<{ id: string; workGroup: string }[]>;
  /** Removes at most `limit` calculations of a session. Returns how many were removed. */
  forgetCalculations(sessionId: string, limit: number): Promise<number>;
  /**
   * Removes a session that is over and all rows that belong to it, in one transaction. Returns the ids of its
   * drivers.
   */
  forgetSession(session: { id: string; workGroup: string }): Promise<string[]>;
  /**
   * Removes at most `limit` drivers that were made before the instant `before` and have ended without serving
   * a session. Returns their ids.
   */
  forgetUnclaimedDrivers(before: number, limit: number): Promise<string[]>;
  /** Those of `ids` that have a row in the table of drivers. */
  knownDrivers(ids: readonly string[]): Promise<Set<string>>;
}

export interface TokenStore {
  /**
   * What is stored of the earlier use of this token. Undefined if the token was not used before, or if the
   * request has no token.
   */
  find(use: Pick<TokenUse, "operation" | "token"> | undefined): Promise<StoredToken | undefined>;
  /** Removes tokens that were stored before the instant `before`. */
  forget(before: number): Promise<void>;
}
