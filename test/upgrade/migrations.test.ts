import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Kysely } from "kysely";
import { afterEach, beforeEach, expect, test } from "vitest";
import { packageVersion } from "../../src/lib/package-root.ts";
import { migrate, migrationNames, migrations } from "../../src/store/migrations.ts";
import { DatabaseTooNew } from "../../src/store/newer.ts";
import { nodeSqliteDialect } from "../../src/store/node-sqlite.ts";
import { openStore } from "../../src/store/store.ts";
import { earlierVersions, makeEarlierFolder } from "./earlier-folder.ts";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "glaux-migrations-"));
  file = join(folder, "glaux.db");
});
afterEach(() => rmSync(folder, { recursive: true }));

function schemaOf(path: string): string[] {
  const db = new DatabaseSync(path, { readOnly: true });
  const rows = db.prepare("select sql from sqlite_master where sql is not null").all();
  db.close();
  return rows.map(({ sql }) => String(sql)).sort();
}

test("there is a fixture for every migration", () => {
  expect(earlierVersions, "node scripts/upgrade/make-fixture.ts <migration>").toEqual(migrationNames);
});

test.each(earlierVersions)("the schema that %s left becomes that of a new database", async (version) => {
  const driver = makeEarlierFolder(folder, version);
  driver.kill("SIGKILL");
  await (await openStore(file)).close();
  const fresh = join(folder, "fresh.db");
  await (await openStore(fresh)).close();
  expect(schemaOf(file)).toEqual(schemaOf(fresh));
});

test("an upgrade that is interrupted leaves the database as it was, and is done at the next start", async () => {
  const open = () => new Kysely<unknown>({ dialect: nodeSqliteDialect(file) });
  const before = open();
  await migrate(before, { upTo: "0002-notebooks" });
  await before.destroy();
  const schema = schemaOf(file);
  const interrupted = open();
  const broken = {
    ...migrations,
    "0004-sessions-by-state": {
      up: async (db: Kysely<unknown>) => {
        await db.schema.dropTable("notebooks").execute();
        throw new Error("the disk is full");
      },
    },
  };
  await expect(migrate(interrupted, { list: broken })).rejects.toThrow("could not be brought");
  await interrupted.destroy();
  expect(schemaOf(file)).toEqual(schema);
  await (await openStore(file)).close();
  expect(schemaOf(file)).not.toEqual(schema);
});

function leaveNewer(version: string | null): void {
  const db = new DatabaseSync(file);
  db.exec("insert into kysely_migration (name, timestamp) values ('9999-from-the-future', '2030-01-01')");
  db.prepare("update node set version = ?").run(version);
  db.close();
}

test.each([
  ["9.1.0", "was last used by Glaux 9.1.0,"],
  [null, "was last used by a later version of Glaux,"],
])("a database of version %s is refused with what to do, and is not touched", async (version, text) => {
  await (await openStore(file)).close();
  leaveNewer(version);
  const before = readFileSync(file);
  const error: unknown = await openStore(file).then(
    (store) => store.close(),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(DatabaseTooNew);
  expect(String(error)).toContain(`the database ${file} ${text}`);
  expect(String(error)).toContain("(9999-from-the-future)");
  expect(String(error)).toContain(
    `this is Glaux ${packageVersion()}, which knows changes up to ${migrationNames.at(-1) ?? ""}`,
  );
  expect(readFileSync(file).equals(before)).toBe(true);
  // SQLite needs a WAL file to read the database. The file may stay, but it must be empty.
  expect(existsSync(`${file}-wal`) ? statSync(`${file}-wal`).size : 0).toBe(0);
});

test("a database tells which version used it last", async () => {
  await (await openStore(file)).close();
  const db = new DatabaseSync(file);
  db.exec("update node set version = '0.0.1'");
  await (await openStore(file)).close();
  expect(db.prepare("select version from node").get()).toEqual({ version: packageVersion() });
  db.close();
});
