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

/** An executor as Spark reports it. Spark lists its driver among the executors, with the id `driver`. */
export interface SparkExecutor {
  id: string;
  isActive: boolean;
  addedAt: number;
  removedAt: number | null;
}

/** The state of the coordinator for each state of its session. */
const coordinatorStates = {
  CREATING: "CREATING",
  CREATED: "CREATED",
  IDLE: "REGISTERED",
  BUSY: "REGISTERED",
  // The session may still become healthy again. FAILED would be final.
  DEGRADED: "CREATED",
  TERMINATING: "TERMINATING",
  TERMINATED: "TERMINATED",
  FAILED: "FAILED",
} as const satisfies Record<SessionState, ExecutorState>;

/**
 * All executors of a session, newest first: the coordinator, and the workers that Spark knows. Every session
 * has a coordinator from its creation, and still lists it when it is over.
 */
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
