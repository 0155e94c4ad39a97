import type { Tag, WorkGroupConfiguration } from "@aws-sdk/client-athena";
import type { Kysely, Selectable } from "kysely";
import type { Schema } from "./schema.ts";
import type { WorkGroup } from "../domain/entities.ts";
import type { WorkGroupStore } from "./types.ts";

export function workGroupStore(db: Kysely<Schema>): WorkGroupStore {
  return {
    async insert(workGroup) {
      const result = await db
        .insertInto("work_groups")
        .values({
          name: workGroup.name,
          state: workGroup.state,
          description: workGroup.description,
          configuration: JSON.stringify(workGroup.configuration),
          tags: JSON.stringify(workGroup.tags),
          created_at: workGroup.createdAt,
        })
        .onConflict((conflict) => conflict.column("name").doNothing())
        .executeTakeFirst();
      return result.numInsertedOrUpdatedRows === 1n;
    },
    async find(name) {
      const row = await db.selectFrom("work_groups").selectAll().where("name", "=", name).executeTakeFirst();
      return row && toWorkGroup(row);
    },
    async list({ after, limit }) {
      let query = db.selectFrom("work_groups").selectAll().orderBy("name").limit(limit);
      if (after !== undefined) query = query.where("name", ">", after);
      return (await query.execute()).map(toWorkGroup);
    },
  };
}

function toWorkGroup(row: Selectable<Schema["work_groups"]>): WorkGroup {
  return {
    name: row.name,
    state: row.state,
    description: row.description,
    configuration: JSON.parse(row.configuration) as WorkGroupConfiguration,
    tags: JSON.parse(row.tags) as Tag[],
    createdAt: row.created_at,
  };
}
