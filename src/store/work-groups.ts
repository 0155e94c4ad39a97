import type { WorkGroupConfiguration } from "@aws-sdk/client-athena";
import type { Insertable, Kysely, Selectable } from "kysely";
import { resourcePath } from "../domain/arn.ts";
import { activeSessionStates } from "../domain/session-state.ts";
import type { WorkGroup } from "../domain/entities.ts";
import type { Schema } from "./schema.ts";
import { deleteTags, firstTags } from "./tags.ts";
import type { WorkGroupStore } from "./types.ts";

export function workGroupStore(db: Kysely<Schema>): WorkGroupStore {
  return {
    insert: (workGroup, tags) =>
      db.transaction().execute(async (tx) => {
        const result = await tx
          .insertInto("work_groups")
          .values(toRow(workGroup))
          .onConflict((conflict) => conflict.column("name").doNothing())
          .executeTakeFirst();
        const isNew = result.numInsertedOrUpdatedRows === 1n;
        if (isNew) await firstTags(tx, pathOf(workGroup.name), tags);
        return isNew;
      }),
    find: (name) => find(db, name),
    async list({ after, limit }) {
      let query = db.selectFrom("work_groups").selectAll().orderBy("name").limit(limit);
      if (after !== undefined) query = query.where("name", ">", after);
      return (await query.execute()).map(toWorkGroup);
    },
    update: (name, change) =>
      db.transaction().execute(async (tx) => {
        const workGroup = await find(tx, name);
        if (!workGroup) return undefined;
        const changed = change(workGroup);
        await tx.updateTable("work_groups").set(toRow(changed)).where("name", "=", name).execute();
        return changed;
      }),
    delete: (name, { onlyIfEmpty }) =>
      db.transaction().execute(async (tx) => {
        if (!(await find(tx, name))) return "unknown";
        if (onlyIfEmpty && !(await isEmpty(tx, name))) return "notEmpty";
        await tx.deleteFrom("notebooks").where("work_group", "=", name).execute();
        await tx.deleteFrom("work_groups").where("name", "=", name).execute();
        await deleteTags(tx, pathOf(name));
        return "deleted";
      }),
  };
}

export async function hasWorkGroup(tx: Kysely<Schema>, name: string): Promise<boolean> {
  return (await tx.selectFrom("work_groups").select("name").where("name", "=", name).executeTakeFirst()) !== undefined;
}

async function find(db: Kysely<Schema>, name: string): Promise<WorkGroup | undefined> {
  const row = await db.selectFrom("work_groups").selectAll().where("name", "=", name).executeTakeFirst();
  return row && toWorkGroup(row);
}

async function isEmpty(tx: Kysely<Schema>, workGroup: string): Promise<boolean> {
  const notebooks = tx.selectFrom("notebooks").select("id").where("work_group", "=", workGroup);
  const active = tx
    .selectFrom("sessions")
    .select("id")
    .where("work_group", "=", workGroup)
    .where("state", "in", activeSessionStates);
  return (await notebooks.union(active).limit(1).executeTakeFirst()) === undefined;
}

function pathOf(name: string): string {
  return resourcePath({ kind: "workGroup", name });
}

function toRow(workGroup: WorkGroup): Insertable<Schema["work_groups"]> {
  return {
    name: workGroup.name,
    state: workGroup.state,
    description: workGroup.description,
    configuration: JSON.stringify(workGroup.configuration),
    created_at: workGroup.createdAt,
  };
}

function toWorkGroup(row: Selectable<Schema["work_groups"]>): WorkGroup {
  return {
    name: row.name,
    state: row.state,
    description: row.description,
    configuration: JSON.parse(row.configuration) as WorkGroupConfiguration,
    createdAt: row.created_at,
  };
}
