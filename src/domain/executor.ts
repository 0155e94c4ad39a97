import type { ExecutorState, ExecutorType, SessionState } from "@aws-sdk/client-athena";
import type { Session } from "./entities.ts";
import { executorId } from "./ids.ts";

/** Instants are epoch milliseconds. */
export interface Executor {
  id: string;
  type: ExecutorType;
  state: ExecutorState;
  startedAt: number;
  endedAt: number | null;
}

/** What Spark says of an executor. Spark's driver is one of them; it is called `driver`. */
export interface SparkExecutor {
  id: string;
  isActive: boolean;
  addedAt: number;
  removedAt: number | null;
}

/** The coordinator, as far as the session's state tells. */
const coordinatorStates = {
  CREATING: "CREATING",
  CREATED: "CREATED",
  IDLE: "REGISTERED",
  BUSY: "REGISTERED",
  // Not FAILED, from which nothing comes back.
  DEGRADED: "CREATED",
  TERMINATING: "TERMINATING",
  TERMINATED: "TERMINATED",
  FAILED: "FAILED",
} as const satisfies Record<SessionState, ExecutorState>;

/** Newest first: the coordinator, which every session has from its start and keeps when it is over, and the workers that Spark knows. */
export function executorsOf(session: Session, spark: readonly SparkExecutor[]): Executor[] {
  return [
    coordinator(session),
    ...spark.filter(({ id }) => id !== "driver").map((one) => worker(session.id, one)),
  ].sort((a, b) => b.startedAt - a.startedAt || (a.id < b.id ? 1 : -1));
}

function coordinator(session: Session): Executor {
  return {
    id: executorId(session.id, "driver"),
    type: "COORDINATOR",
    state: coordinatorStates[session.state],
    startedAt: session.createdAt,
    endedAt: session.endedAt,
  };
}

function worker(sessionId: string, { id, isActive, addedAt, removedAt }: SparkExecutor): Executor {
  return {
    id: executorId(sessionId, id),
    type: "WORKER",
    state: isActive ? "REGISTERED" : "TERMINATED",
    startedAt: addedAt,
    endedAt: removedAt,
  };
}
