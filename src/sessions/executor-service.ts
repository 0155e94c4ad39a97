import { activeSessionStates } from "../domain/session-state.ts";
import { executorsOf, type Executor, type SparkExecutor } from "../domain/executor.ts";
import type { PagePosition } from "../domain/entities.ts";
import type { Driver, SessionDriver } from "../drivers/types.ts";
import type { SessionService } from "./session-service.ts";
import type { Log } from "./types.ts";

export interface ExecutorDeps {
  sessions: Pick<SessionService, "get">;
  drivers: { ofSession(sessionId: string): SessionDriver<Pick<Driver, "executors">> };
  log: Pick<Log, "warn">;
}

/**
 * The executors of a session. Spark is asked at every call. If Spark is gone or does not answer, no workers
 * are listed, and the state of the coordinator follows from the session's state.
 */
export class ExecutorService {
  readonly #deps: ExecutorDeps;

  constructor(deps: ExecutorDeps) {
    this.#deps = deps;
  }

  async list(filter: {
    sessionId: string;
    state: Executor["state"] | undefined;
    after: PagePosition | undefined;
    limit: number;
  }): Promise<Executor[]> {
    const { sessionId, state, after, limit } = filter;
    const session = await this.#deps.sessions.get(sessionId);
    const spark = activeSessionStates.includes(session.state) ? await this.#askSpark(sessionId) : [];
    return executorsOf(session, spark)
      .filter((executor) => state === undefined || executor.state === state)
      .filter((executor) => after === undefined || isBehind(executor, after))
      .slice(0, limit);
  }

  async #askSpark(sessionId: string): Promise<SparkExecutor[]> {
    try {
      const executors = (await this.#deps.drivers.ofSession(sessionId).driver?.executors()) ?? [];
      return executors.map(sparkExecutor);
    } catch (error) {
      this.#deps.log.warn({ sessionId, err: error }, "Spark did not say which executors it has");
      return [];
    }
  }
}

function isBehind({ startedAt, id }: Executor, { at, id: afterId }: PagePosition): boolean {
  return startedAt < at || (startedAt === at && id < afterId);
}

/** Reads one of Spark's ExecutorSummary objects, as JSON. Its times are epoch milliseconds. */
function sparkExecutor(summary: Record<string, unknown>): SparkExecutor {
  const { id, isActive, addTime, removeTime } = summary;
  return {
    id: String(id),
    isActive: isActive === true,
    addedAt: typeof addTime === "number" ? addTime : 0,
    removedAt: typeof removeTime === "number" ? removeTime : null,
  };
}
