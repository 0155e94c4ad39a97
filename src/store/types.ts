import type { CalculationExecutionState, SessionState } from "@aws-sdk/client-athena";
import type { Calculation, Notebook, PagePosition, Session, SessionCondition, WorkGroup } from "../domain/entities.ts";
import type { EngineId } from "../domain/engine-version.ts";
import type { QuotaRefusal, Quotas } from "../domain/quota.ts";
import type { Tag } from "../domain/tags.ts";
import type { StoredToken, TokenUse } from "../domain/request-token.ts";

/**
 * The store: what clients were told, and the truth that they see. One writer per state: every change of a state is a compare-and-set, whose loser gets
 * `undefined` and reads again. A write that has returned survives the death of any process (SQLite in WAL mode), not a power cut.
 * Instants are epoch milliseconds.
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
  /** A random id made with the database; part of every driver's tag. */
  readonly nodeId: string;
  /** Made with the database; signs page tokens. */
  readonly secret: string;
  close(): Promise<void>;
}

export interface WorkGroupStore {
  /** False if the name is taken. */
  insert(workGroup: WorkGroup, tags: readonly Tag[]): Promise<boolean>;
  find(name: string): Promise<WorkGroup | undefined>;
  /** In order of names, at most `limit`, beginning behind `after`. */
  list(page: { after: string | undefined; limit: number }): Promise<WorkGroup[]>;
  /** Puts what `change` makes of the workgroup in its place, in one transaction; undefined if there is none. What `change` throws is thrown, and nothing changes. */
  update(name: string, change: (workGroup: WorkGroup) => WorkGroup): Promise<WorkGroup | undefined>;
  /** With its tags and notebooks. Not empty is one that has a notebook or an active session; sessions stay. */
  delete(name: string, rules: { onlyIfEmpty: boolean }): Promise<"deleted" | "notEmpty" | "unknown">;
}

/** `resource` is the last part of an ARN (see domain/arn.ts); whether it exists is not looked at. */
export interface TagStore {
  /** In order of keys; with `page` at most `limit`, beginning behind `after`. */
  list(resource: string, page?: { after: string | undefined; limit: number }): Promise<Tag[]>;
  /** Adds or replaces tags of different keys; false, and nothing changes, if there would be more than `limit`. */
  put(resource: string, tags: readonly Tag[], limit: number): Promise<boolean>;
  remove(resource: string, keys: readonly string[]): Promise<void>;
}

export interface SessionStore {
  /**
   * Inserts the session, unless that exceeds a quota of what is active (see domain/quota.ts), in one transaction with the idempotency token.
   * A token that was stored meanwhile by an identical call wins: its answer is returned and nothing is inserted. The session's notebook, if it has one, must
   * be one of its workgroup ("noNotebook") without an active session ("notebookInUse"). With `hasLogsToDeliver`, its logs are among the undelivered. The first of the pool members `drivers`
   * that no session has becomes this session's, in the same transaction: a driver is claimed once, and by a session that exists.
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
  /** The part of it that clients poll for, at a third of the price. */
  findCondition(id: string): Promise<SessionCondition | undefined>;
  /** Newest first. */
  list(filter: {
    workGroup: string;
    states: readonly SessionState[];
    after: PagePosition | undefined;
    limit: number;
  }): Promise<Session[]>;
  /** How many sessions are in each of `states`; a state that none is in is left out. */
  count(states: readonly SessionState[]): Promise<{ state: SessionState; count: number }[]>;
  /** All sessions of this node in one of `states`, in no order. */
  inStates(states: readonly SessionState[]): Promise<Session[]>;
  /** Compare-and-set along the transition table, narrowed to `from` if given; undefined if the session was in none of these states. */
  transition(id: string, to: SessionState, change: SessionChange): Promise<Session | undefined>;
  setOrigin(id: string, origin: DriverOrigin): Promise<void>;
  /** Undefined if there is no such session, or it has had no driver. */
  origin(id: string): Promise<DriverOrigin | undefined>;
}

/** The session was inserted, and this pool member is its driver. */
export interface ClaimedDriver {
  driverId: string;
}

/** Where a session's driver came from, and why it is not (or not quite) a member of the pool that was ready; null if it is. */
export interface DriverOrigin {
  from: "pool" | "cold";
  why: string | null;
}

export interface SessionChange {
  at: number;
  from?: readonly SessionState[];
  reason?: string | null;
  /** Only if the session is idle since exactly then. */
  ifIdleSinceAt?: number;
  /** Default: `at` when the new state is IDLE, else null. */
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
   * One transaction: the session goes from IDLE to BUSY and the calculation is inserted. Answers the session's state if it was not IDLE, or the answer of an identical call that came first.
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
  /** RUNNING → CANCELING; undefined if it was not RUNNING. */
  cancel(id: string): Promise<Calculation | undefined>;
  /** Progress never falls and is ignored once the calculation is over. */
  progress(id: string, progress: number): Promise<void>;
  /**
   * One transaction: the calculation ends, and its session, if BUSY, becomes IDLE at `at` and carries the DPU time. CANCELING always ends as CANCELED.
   * Undefined if it was over already.
   */
  finish(id: string, end: CalculationEnd): Promise<Calculation | undefined>;
}

/**
 * Notebooks. Each method is one transaction, which looks at names, sessions and tokens itself, so that of two calls that race one learns of the other. A token
 * is kept only by a call that succeeds.
 */
export interface NotebookStore {
  insert(
    notebook: Notebook,
    payload: string,
    token: TokenUse | undefined,
  ): Promise<"inserted" | "noWorkGroup" | "nameTaken" | StoredToken>;
  find(id: string): Promise<Notebook | undefined>;
  /** The notebook with its content, both of one moment. */
  read(id: string): Promise<{ notebook: Notebook; payload: string } | undefined>;
  /** Newest first. `nameContains` is compared as it is, case and all. */
  list(filter: {
    workGroup: string;
    nameContains: string | undefined;
    after: PagePosition | undefined;
    limit: number;
  }): Promise<Notebook[]>;
  /** Replaces the content. `sessionId` is who saves: see `NotebookInUse` and `NotItsSession`. */
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
  /** Sessions of the notebook that are active, newest first. */
  activeSessions(
    id: string,
    page: { after: PagePosition | undefined; limit: number },
  ): Promise<{ id: string; createdAt: number }[]>;
}

/** The notebook has an active session, and the call does not come from it. */
export interface NotebookInUse {
  inUseBy: string;
}

/** The session that the call names is none of this notebook's. */
export type NotItsSession = "notItsSession";

/** What a place must know to find a driver again. Nobody but the place reads what is in it. */
export interface DriverHandle {
  /** Of the form of what follows. */
  readonly version: number;
  readonly [fact: string]: string | number | null;
}

/** A driver's life in the store: `live` from before its process is started until it is known that none of its processes is left. */
export interface DriverRow {
  id: string;
  sessionId: string | null;
  engineId: EngineId;
  /** The name of the place where it runs. */
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
  /** The driver has been started, or found: this is its handle from now on. */
  placed(id: string, handle: DriverHandle): Promise<void>;
  acked(id: string, seq: number): Promise<void>;
  /** The session that has claimed it gives it back. */
  unclaim(id: string): Promise<void>;
  ended(id: string): Promise<void>;
  /** The oldest first. */
  live(): Promise<DriverRow[]>;
  ofSession(sessionId: string): Promise<DriverRow | undefined>;
}

/** The sessions of this node, active or over, whose logs have still to be delivered. */
export interface UndeliveredLogStore {
  /** Ids, in no order. */
  list(): Promise<string[]>;
  has(sessionId: string): Promise<boolean>;
  delivered(sessionId: string): Promise<void>;
}

/** Removes what is kept for a time only. Each call is small, so that others do not wait for it. */
export interface RetentionStore {
  /** Sessions of this node that have been over since before `before` and whose drivers are known to be gone; the oldest, at most `limit`. */
  expired(before: number, limit: number): Promise<{ id: string; workGroup: string }[]>;
  /** Removes at most `limit` calculations of a session; answers how many it were. */
  forgetCalculations(sessionId: string, limit: number): Promise<number>;
  /** Removes a session that is over and all that belongs to it, in one transaction; answers the ids of its drivers. */
  forgetSession(session: { id: string; workGroup: string }): Promise<string[]>;
  /** Removes at most `limit` drivers that have ended without ever having served a session; answers their ids. */
  forgetUnclaimedDrivers(before: number, limit: number): Promise<string[]>;
  /** Those of `ids` that have a row. */
  knownDrivers(ids: readonly string[]): Promise<Set<string>>;
}

export interface TokenStore {
  /** What is stored of the earlier use of a token; undefined if there was none, or for a request without a token. */
  find(use: Pick<TokenUse, "operation" | "token"> | undefined): Promise<StoredToken | undefined>;
  /** Forgets tokens older than `before`. */
  forget(before: number): Promise<void>;
}
