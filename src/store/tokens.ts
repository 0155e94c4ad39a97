import type { Kysely } from "kysely";
import type { Schema } from "./schema.ts";
import type { StoredToken, TokenUse } from "../domain/request-token.ts";
import type { TokenStore } from "./types.ts";

export function tokenStore(db: Kysely<Schema>): TokenStore {
  return {
    find: (use) => findToken(db, use),
    async forget(before) {
      await db.deleteFrom("tokens").where("created_at", "<", before).execute();
    },
  };
}

/**
 * Runs `act` at most once for an idempotency token, in one transaction.
 *
 * - If an earlier request used the token, its stored use is the answer, and `act` is not called.
 * - If `act` returns `done(outcome)`, the token is stored and the outcome is the answer.
 * - Any other answer of `act` is a refusal. The refused call has changed nothing, and the token stays unused.
 *
 * A request without a token always runs `act`.
 */
export function once<Outcome, Refusal>(
  db: Kysely<Schema>,
  token: TokenUse | undefined,
  act: (tx: Kysely<Schema>) => Promise<Done<Outcome> | Refusal>,
): Promise<Outcome | Refusal | StoredToken> {
  return db.transaction().execute(async (tx) => {
    const earlier = await findToken(tx, token);
    if (earlier) return earlier;
    const answer = await act(tx);
    if (!(answer instanceof Done)) return answer;
    if (token) await insertToken(tx, token);
    return answer.outcome;
  });
}

export function done<const Outcome>(outcome: Outcome): Done<Outcome> {
  return new Done(outcome);
}

class Done<Outcome> {
  readonly outcome: Outcome;

  constructor(outcome: Outcome) {
    this.outcome = outcome;
  }
}

async function findToken(db: Kysely<Schema>, use: Parameters<TokenStore["find"]>[0]): Promise<StoredToken | undefined> {
  if (!use) return undefined;
  return db
    .selectFrom("tokens")
    .select(["digest", "answer"])
    .where("operation", "=", use.operation)
    .where("token", "=", use.token)
    .executeTakeFirst();
}

async function insertToken(tx: Kysely<Schema>, { at, ...columns }: TokenUse): Promise<void> {
  await tx
    .insertInto("tokens")
    .values({ ...columns, created_at: at })
    .execute();
}
