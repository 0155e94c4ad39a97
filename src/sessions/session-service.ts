import type { StartSessionRequest } from "@aws-sdk/client-athena";
import { resourcePath } from "../domain/arn.ts";
import { newSessionId } from "../domain/ids.ts";
import { sessionTerminated } from "../domain/reasons.ts";
import {
  invalid,
  noCapacity,
  Refusal,
  sessionNotFound,
  tooManySessions,
  workGroupNotFound,
} from "../domain/refusal.ts";
import { deliversLogs } from "../domain/session-logs.ts";
import { activeSessionStates, listedByDefault } from "../domain/session-state.ts";
import { checkedTags, mergedTags, type Tag } from "../domain/tags.ts";
import { earlierAnswer, isStoredToken, tokenUse } from "../domain/request-token.ts";
import type { PagePosition, Session, SessionCondition, WorkGroup } from "../domain/entities.ts";
import type { WarmPool } from "../pool/types.ts";
import { newSession, type SessionRules } from "./new-session.ts";
import type { SessionStarter } from "./session-starter.ts";
import type { BucketFolders, SessionDeps } from "./types.ts";

/**
 * Milliseconds that the answer to StartSession waits for a pool member to answer its claim. A member that
 * gets a fresh Spark context takes some tenths of a second.
 */
const claimWaitMs = 1_000;

export interface SessionServiceDeps extends SessionDeps {
  starter: SessionStarter;
  rules: SessionRules;
  bucketFolders: Pick<BucketFolders, "canHold">;
  pool: Pick<WarmPool, "offer">;
}

/**
 * The use cases of sessions. A session is stored before its driver is started, so no session is lost whose id
 * a client has been told.
 */
export class SessionService {
  readonly #deps: SessionServiceDeps;

  constructor(deps: SessionServiceDeps) {
    this.#deps = deps;
  }

  async start(request: StartSessionRequest): Promise<Session> {
    const { store, now, rules, starter, held, pool } = this.#deps;
    const id = newSessionId();
    const token = tokenUse("StartSession", request, id, now());
    // A known token is answered before workgroups or quotas are checked, because the retry of a call that
    // succeeded must not fail.
    const stored = await store.tokens.find(token);
    if (stored) return this.get(earlierAnswer(token, stored));

    const workGroup = await this.#enabledWorkGroup(request.WorkGroup ?? "");
    const session = newSession(id, request, workGroup, this.#deps);
    const tags = await this.#tagsFor(request, workGroup);
    const hasLogsToDeliver = deliversLogs(session.monitoring);
    const limits = { maxSessions: rules.maxSessions, ...rules.quotas };
    using offer = session.state === "CREATING" ? await pool.offer(session) : undefined;
    const drivers = offer?.drivers ?? [];
    const inserted = await store.sessions.insert(session, { ...limits, token, tags, hasLogsToDeliver, drivers });
    if (inserted === "full") throw tooManySessions(limits.maxSessions);
    if (inserted === "workGroupFull") throw tooManySessions(limits.maxSessionsPerWorkGroup ?? limits.maxSessions);
    if (inserted === "noDpus") throw noCapacity();
    // The workgroup was deleted after it was read above.
    if (inserted === "noWorkGroup") throw workGroupNotFound();
    if (inserted === "noNotebook" || inserted === "notebookInUse") throw notebookRefusal(inserted, session);
    if (isStoredToken(inserted)) return await this.get(earlierAnswer(token, inserted));
    held.touched(id);
    if (!offer) return session;
    offer.started();
    const taken = inserted === "inserted" ? undefined : offer.take(inserted.driverId, id);
    if (!taken) {
      starter.start(session, offer.missReason);
      return session;
    }
    starter.claim(session, taken);
    offer[Symbol.dispose]();
    return await held.soon(
      id,
      () => this.get(id),
      (state) => state !== "CREATING",
      claimWaitMs,
    );
  }

  async get(id: string): Promise<Session> {
    const session = await this.#deps.store.sessions.find(id);
    if (!session) throw sessionNotFound(id);
    return session;
  }

  /**
   * Reads the session's state. If the session was started or terminated just now, waits a little for it to
   * leave CREATING or TERMINATING (held-answers.ts).
   */
  status(id: string, signal: AbortSignal): Promise<SessionCondition> {
    const read = async () => {
      const condition = await this.#deps.store.sessions.findCondition(id);
      if (!condition) throw sessionNotFound(id);
      return condition;
    };
    const isFinal = (state: SessionCondition["state"]) => state !== "CREATING" && state !== "TERMINATING";
    return this.#deps.held.read(id, read, isFinal, signal);
  }

  async list(filter: {
    workGroup: string;
    state: Session["state"] | undefined;
    after: PagePosition | undefined;
    limit: number;
  }): Promise<Session[]> {
    const { workGroup, state, after, limit } = filter;
    if (!(await this.#deps.store.workGroups.find(workGroup))) throw workGroupNotFound();
    return this.#deps.store.sessions.list({ workGroup, states: state ? [state] : listedByDefault, after, limit });
  }

  /**
   * Moves the session to TERMINATING and answers at once; the driver ends in the background. Has no effect on
   * a session that is over. With `only`, ends the session only if it is IDLE and has been since exactly that
   * time.
   */
  async terminate(id: string, only?: { idleSinceAt: number }): Promise<Session> {
    const { store, now, hub, held, starter } = this.#deps;
    const session = await store.sessions.transition(id, "TERMINATING", {
      at: now(),
      from: only ? ["IDLE"] : activeSessionStates,
      ...(only ? { ifIdleSinceAt: only.idleSinceAt } : {}),
      reason: sessionTerminated,
    });
    if (!session) return this.get(id);
    held.touched(id);
    hub.notify(id);
    starter.end(session);
    return session;
  }

  /** Terminates all sessions, for the end of the server. Resolves when no process of any session is left. */
  async terminateAll(): Promise<void> {
    const { store, starter } = this.#deps;
    const active = await store.sessions.inStates(activeSessionStates);
    await Promise.all(active.map((session) => this.terminate(session.id)));
    await Promise.all((await store.sessions.inStates(["TERMINATING"])).map((session) => starter.settled(session.id)));
  }

  /**
   * Terminates all sessions of a workgroup that is being deleted. Like `terminate`, it does not wait for the
   * drivers.
   */
  async terminateAllIn(workGroup: string): Promise<void> {
    const active = await this.#deps.store.sessions.inStates(activeSessionStates);
    const concerned = active.filter((session) => session.workGroup === workGroup);
    await Promise.all(concerned.map((session) => this.terminate(session.id)));
  }

  async #enabledWorkGroup(name: string): Promise<WorkGroup> {
    const workGroup = await this.#deps.store.workGroups.find(name);
    if (!workGroup) throw workGroupNotFound();
    if (workGroup.state === "DISABLED") throw invalid(`WorkGroup ${name} is disabled.`);
    return workGroup;
  }

  async #tagsFor(request: StartSessionRequest, workGroup: WorkGroup): Promise<Tag[]> {
    const own = checkedTags(request.Tags ?? []);
    if (request.CopyWorkGroupTags === false) return mergedTags(own);
    return mergedTags(await this.#deps.store.tags.list(resourcePath({ kind: "workGroup", ...workGroup })), own);
  }
}

function notebookRefusal(why: "noNotebook" | "notebookInUse", { notebookId, workGroup }: Session): Refusal {
  const id = notebookId ?? "";
  return why === "notebookInUse"
    ? new Refusal("sessionExists", `Notebook ${id} already has an active session`)
    : new Refusal("notFound", `Notebook ${id} was not found in workgroup ${workGroup}`, id);
}
