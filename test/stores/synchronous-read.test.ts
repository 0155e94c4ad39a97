import { Kysely, sql } from "kysely";
import { expect, test } from "vitest";
import { nodeSqliteDialect } from "../../src/store/node-sqlite.ts";

test("a synchronous read sees what is committed, and none of an open transaction", async () => {
  const dialect = nodeSqliteDialect(":memory:");
  const db = new Kysely<{ things: { id: string } }>({ dialect });
  const all = db.selectFrom("things").selectAll().compile();
  expect(dialect.readSynchronously(all)).toBeUndefined(); // not open yet
  await sql`create table things (id text)`.execute(db);
  await db.transaction().execute(async (tx) => {
    await tx.insertInto("things").values({ id: "one" }).execute();
    expect(dialect.readSynchronously(all)).toBeUndefined();
  });
  expect(dialect.readSynchronously(all)).toEqual([{ id: "one" }]);
  await db.destroy();
});
