import type { Kysely } from "kysely";
import type { Tag } from "../domain/tags.ts";
import type { Schema } from "./schema.ts";
import type { TagStore } from "./types.ts";

export function tagStore(db: Kysely<Schema>): TagStore {
  return {
    list: (resource, page) => listTags(db, resource, page),
    put: (resource, tags, limit) =>
      db.transaction().execute(async (tx) => {
        const kept = (await listTags(tx, resource)).filter(({ Key }) => !tags.some((tag) => tag.Key === Key));
        if (kept.length + tags.length > limit) return false;
        const given = tags.map(({ Key }) => Key);
        await deleteTags(tx, resource, given);
        await insertTags(tx, resource, tags);
        return true;
      }),
    remove: (resource, keys) =>
      db.transaction().execute(async (tx) => {
        // A request may name any number of keys, but SQLite bounds the parameters of a statement. So only
        // keys that the resource has go into the statement.
        const unwanted = new Set(keys);
        const given = (await listTags(tx, resource)).map(({ Key }) => Key).filter((key) => unwanted.has(key));
        await deleteTags(tx, resource, given);
      }),
  };
}

async function listTags(
  db: Kysely<Schema>,
  resource: string,
  page?: { after: string | undefined; limit: number },
): Promise<Tag[]> {
  let query = db
    .selectFrom("tags")
    .select(["key as Key", "value as Value"])
    .where("resource", "=", resource)
    .orderBy("key");
  if (page) query = query.limit(page.limit);
  if (page?.after !== undefined) query = query.where("key", ">", page.after);
  return query.execute();
}

async function insertTags(db: Kysely<Schema>, resource: string, tags: readonly Tag[]): Promise<void> {
  if (tags.length === 0) return;
  await db
    .insertInto("tags")
    .values(tags.map((tag) => ({ resource, key: tag.Key, value: tag.Value })))
    .execute();
}

/** Deletes the tags with these keys; without `keys`, all tags of the resource. */
export async function deleteTags(db: Kysely<Schema>, resource: string, keys?: readonly string[]): Promise<void> {
  if (keys?.length === 0) return;
  let query = db.deleteFrom("tags").where("resource", "=", resource);
  if (keys) query = query.where("key", "in", keys);
  await query.execute();
}

/**
 * Gives a new resource its tags, in the transaction that inserts the resource. Deletes tags that an earlier
 * resource of the same name has left.
 */
export async function firstTags(tx: Kysely<Schema>, resource: string, tags: readonly Tag[]): Promise<void> {
  await deleteTags(tx, resource);
  await insertTags(tx, resource, tags);
}
