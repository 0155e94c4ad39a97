import type { Kysely } from "kysely";
import type { Schema } from "./schema.ts";
import type { StoredToken, TokenUse } from "../domain/request-token.ts";
import type { TokenStore } from "./types.ts";

export function tokenStore(db: Kysely<Schema>): TokenStore {
  return {
    find: (operation, token) => findToken(db, operation, token),
    async forget(before) {
      await db.deleteFrom("tokens").where("created_at", "<", before).execute();
    },
  };
}

/** Inside a transaction: the stored use of the same token, or undefined after storing this one. */
export async function useToken(db: Kysely<Schema>, use: TokenUse | undefined): Promise<StoredToken | undefined> {
  if (!use) return undefined;
  const { at, ...columns } = use;
  const stored = await findToken(db, use.operation, use.token);
  if (stored) return stored;
  await db
    .insertInto("tokens")
    .values({ ...columns, created_at: at })
    .execute();
  return undefined;
}

/** In the same transaction: the request was refused, so its token may be used again. */
export async function releaseToken(db: Kysely<Schema>, use: TokenUse | undefined): Promise<void> {
  if (!use) return;
  await db.deleteFrom("tokens").where("operation", "=", use.operation).where("token", "=", use.token).execute();
}

export function findToken(db: Kysely<Schema>, operation: string, token: string): Promise<StoredToken | undefined> {
  return db
    .selectFrom("tokens")
    .select(["digest", "answer"])
    .where("operation", "=", operation)
    .where("token", "=", token)
    .executeTakeFirst();
}
