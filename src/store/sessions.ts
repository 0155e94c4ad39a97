import type { EncryptionConfiguration, EngineConfiguration, MonitoringConfiguration } from "@aws-sdk/client-athena";
import { sql, type ExpressionBuilder, type Insertable, type Kysely, type Selectable } from "kysely";
import { resourcePath } from "../domain/arn.ts";
import { dpusOf, quotaRefusal, type Usage } from "../domain/quota.ts";
import { activeSessionStates, isSessionOver } from "../domain/session-state.ts";
import { claimFirst } from "./drivers.ts";
import { moveSession } from "./moves.ts";
import { activeSessionOf } from "./notebooks.ts";
import { noteUndelivered } from "./undelivered-logs.ts";
import type { Schema } from "./schema.ts";
import { sessionConditionReader } from "./session-condition.ts";
import { firstTags } from "./tags.ts";
import { done, once } from "./tokens.ts";
import { hasWorkGroup } from "./work-groups.ts";
import type { Session } from "../domain/entities.ts";
import type { SessionStore } from "./types.ts";

export function sessionStore(db: Kysely<Schema>, nodeId: string): SessionStore {
  return {
    insert: (session, { token, tags = [], hasLogsToDeliver = false, drivers = [], ...quotas }) =>
      once(db, token, async (tx) => {
        if (!(await hasWorkGroup(tx, session.workGroup))) return "noWorkGroup";
        const notebook = session.notebookId && (await notebookFor(tx, session.notebookId, session.workGroup));
        if (notebook) return notebook;
        const { account, workGroup } = await usage(tx, session.workGroup);
        const refused = isSessionOver(session.state)
          ? undefined
          : quotaRefusal(quotas, dpusOf(session), account, workGroup);
        if (refused) return refused;
        await tx.insertInto("sessions").values(toRow(session)).execute();
        await firstTags(tx, resourcePath({ kind: "session", ...session }), tags);
        if (hasLogsToDeliver) await noteUndelivered(tx, session);
        const driverId = await claimFirst(tx, drivers, session.id);
        return done(driverId === undefined ? "inserted" : { driverId });
      }),
    async find(id) {
      const row = await db.selectFrom("sessions").selectAll().where("id", "=", id).executeTakeFirst();
      return row && toSession(row);
    },
    findCondition: sessionConditionReader(db),
    async list({ workGroup, states, after, limit }) {
      let query = db
        .selectFrom("sessions")
        .selectAll()
        .where("work_group", "=", workGroup)
        .where("state", "in", states)
        .orderBy("created_at", "desc")
        .orderBy("id", "desc")
        .limit(limit);
      if (after) query = query.where(sql<boolean>`(created_at, id) < (${after.at}, ${after.id})`);
      return (await query.execute()).map(toSession);
    },
    count: (states) =>
      db
        .selectFrom("sessions")
        .select((eb) => ["state", eb.fn.countAll<number>().as("count")])
        .where("state", "in", states)
        .groupBy("state")
        .execute(),
    async inStates(states) {
      const rows = await db
        .selectFrom("sessions")
        .selectAll()
        .where("node_id", "=", nodeId)
        .where("state", "in", states)
        .execute();
      return rows.map(toSession);
    },
    async transition(id, to, change) {
      let update = moveSession(db, id, to, change.from).set((eb) => ({
        modified_at: change.at,
        idle_since_at: to === "IDLE" ? (change.idleSinceAt ?? change.at) : null,
        // If the clock was set back meanwhile, the session ends at the instant of its creation, not before.
        ...(isSessionOver(to) ? { ended_at: later(eb, "created_at", change.at) } : {}),
        ...(change.reason === undefined ? {} : { state_reason: change.reason }),
      }));
      if (change.ifIdleSinceAt !== undefined) update = update.where("idle_since_at", "=", change.ifIdleSinceAt);
      const row = await update.returningAll().executeTakeFirst();
      return row && toSession(row);
    },
    async setOrigin(id, { from, why }) {
      const columns = { driver_origin: from, driver_origin_why: why };
      await db.updateTable("sessions").set(columns).where("id", "=", id).execute();
    },
    async origin(id) {
      const row = await db
        .selectFrom("sessions")
        .select(["driver_origin as from", "driver_origin_why as why"])
        .where("id", "=", id)
        .executeTakeFirst();
      return row && row.from !== null ? { from: row.from, why: row.why } : undefined;
    },
  };
}

/** The later of the stored instant in `column` and `at`. */
function later(eb: ExpressionBuilder<Schema, "sessions">, column: "created_at", at: number) {
  return eb.case().when(column, ">", at).then(eb.ref(column)).else(at).end();
}

/** Why a session cannot be started for this notebook; undefined if it can. */
async function notebookFor(
  tx: Kysely<Schema>,
  id: string,
  workGroup: string,
): Promise<"noNotebook" | "notebookInUse" | undefined> {
  const notebook = await tx.selectFrom("notebooks").select("work_group").where("id", "=", id).executeTakeFirst();
  if (notebook?.work_group !== workGroup) return "noNotebook";
  return (await activeSessionOf(tx, id)) === undefined ? undefined : "notebookInUse";
}

/** The sessions and DPUs that are active: those of all workgroups, and those of this workgroup. */
async function usage(tx: Kysely<Schema>, workGroup: string): Promise<{ account: Usage; workGroup: Usage }> {
  const rows = await tx
    .selectFrom("sessions")
    .select(({ fn }) => ["work_group", fn.countAll<number>().as("sessions"), fn.sum<number>("max_dpus").as("dpus")])
    .where("state", "in", activeSessionStates)
    .groupBy("work_group")
    .execute();
  const sum = (of: typeof rows): Usage => ({
    sessions: of.reduce((total, { sessions }) => total + sessions, 0),
    dpus: of.reduce((total, { dpus }) => total + dpus, 0),
  });
  return { account: sum(rows), workGroup: sum(rows.filter(({ work_group }) => work_group === workGroup)) };
}

function toRow(session: Session): Omit<Insertable<Schema["sessions"]>, "driver_origin" | "driver_origin_why"> {
  return {
    id: session.id,
    node_id: session.nodeId,
    work_group: session.workGroup,
    description: session.description,
    engine_id: session.engineId,
    engine_version: session.engineVersion,
    state: session.state,
    state_reason: session.stateReason,
    engine_configuration: JSON.stringify(session.engineConfiguration),
    max_dpus: dpusOf(session),
    spark_conf: JSON.stringify(session.sparkConf),
    notebook_version: session.notebookVersion,
    notebook_id: session.notebookId,
    monitoring: session.monitoring && JSON.stringify(session.monitoring),
    execution_role: session.executionRole,
    working_directory: session.workingDirectory,
    idle_timeout_s: session.idleTimeoutS,
    encryption: session.encryption && JSON.stringify(session.encryption),
    created_at: session.createdAt,
    modified_at: session.modifiedAt,
    ended_at: session.endedAt,
    idle_since_at: session.idleSinceAt,
    dpu_ms: session.dpuMs,
  };
}

function toSession(row: Selectable<Schema["sessions"]>): Session {
  return {
    id: row.id,
    nodeId: row.node_id,
    workGroup: row.work_group,
    description: row.description,
    engineId: row.engine_id,
    engineVersion: row.engine_version,
    state: row.state,
    stateReason: row.state_reason,
    engineConfiguration: JSON.parse(row.engine_configuration) as EngineConfiguration,
    sparkConf: JSON.parse(row.spark_conf) as Record<string, string>,
    notebookVersion: row.notebook_version,
    notebookId: row.notebook_id,
    monitoring: row.monitoring === null ? null : (JSON.parse(row.monitoring) as MonitoringConfiguration),
    executionRole: row.execution_role,
    workingDirectory: row.working_directory,
    idleTimeoutS: row.idle_timeout_s,
    encryption: row.encryption === null ? null : (JSON.parse(row.encryption) as EncryptionConfiguration),
    createdAt: row.created_at,
    modifiedAt: row.modified_at,
    endedAt: row.ended_at,
    idleSinceAt: row.idle_since_at,
    dpuMs: row.dpu_ms,
  };
}
