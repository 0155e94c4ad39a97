import { join } from "node:path";
import { v4 } from "uuid";
import type { Session } from "../../src/domain/entities.ts";
import { openStore } from "../../src/store/store.ts";

/**
 * Fills the database of a data folder, before its server starts, with sessions that have ended. Returns the
 * id of one of them.
 */
export async function storeSessions(home: string, count: number): Promise<string> {
  const store = await openStore(join(home, "glaux.db"));
  await store.workGroups.insert(
    { name: "primary", state: "ENABLED", description: null, configuration: {}, createdAt: Date.now() },
    [],
  );
  const from = Date.now() - count * 60_000;
  let last = "";
  for (let n = 0; n < count; n++) {
    const session = endedSession(store.nodeId, from + n * 60_000);
    const outcome = await store.sessions.insert(session, { maxSessions: 1, token: undefined });
    if (outcome !== "inserted") throw new Error(`A session could not be stored: ${JSON.stringify(outcome)}`);
    last = session.id;
  }
  await store.close();
  return last;
}

function endedSession(nodeId: string, at: number): Session {
  const id = v4();
  return {
    id,
    nodeId,
    workGroup: "primary",
    description: `session of ${new Date(at).toISOString()}`,
    engineId: "3.5",
    engineVersion: "Apache Spark version 3.5",
    state: "TERMINATED",
    stateReason: "Session was terminated per request",
    engineConfiguration: {
      CoordinatorDpuSize: 1,
      MaxConcurrentDpus: 20,
      DefaultExecutorDpuSize: 1,
      SparkProperties: { "spark.sql.shuffle.partitions": "8", "spark.sql.ansi.enabled": "true" },
    },
    sparkConf: { "spark.sql.shuffle.partitions": "8", "spark.sql.ansi.enabled": "true" },
    notebookVersion: null,
    monitoring: null,
    executionRole: null,
    workingDirectory: `s3://glaux-000000000000/${id}`,
    idleTimeoutS: 1200,
    notebookId: null,
    encryption: null,
    createdAt: at,
    modifiedAt: at + 50_000,
    endedAt: at + 50_000,
    idleSinceAt: null,
    dpuMs: 100_000,
  };
}
