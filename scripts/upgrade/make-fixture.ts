// `node scripts/upgrade/make-fixture.ts <migration>`: writes test/fixtures/databases/<migration>.sql. It is a
// database as the version left it whose newest migration this is. Run it once, when a migration is added, and
// commit the file. An existing fixture is never made anew, because that would prove nothing.
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type SQLOutputValue } from "node:sqlite";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { Kysely } from "kysely";
import { packageRoot } from "../../src/lib/package-root.ts";
import { migrate, migrationNames } from "../../src/store/migrations.ts";
import { nodeSqliteDialect } from "../../src/store/node-sqlite.ts";
import { rows } from "./rows.ts";

const name = process.argv[2] ?? "";
const target = join(packageRoot(), "test/fixtures/databases", `${name}.sql`);
if (!migrationNames.includes(name)) throw new Error(`Name one of ${migrationNames.join(", ")}`);
if (existsSync(target)) throw new Error(`${target} is there already, and stays as it is`);

const folder = mkdtempSync(join(tmpdir(), "glaux-fixture-"));
try {
  const file = join(folder, "glaux.db");
  const db = new Kysely<unknown>({ dialect: nodeSqliteDialect(file) });
  await migrate(db, { upTo: name });
  await db.destroy();
  writeFileSync(target, dumped(file));
} finally {
  rmSync(folder, { recursive: true });
}

function dumped(file: string): string {
  const db = new DatabaseSync(file);
  try {
    const schema = db.prepare("select name, type, sql from sqlite_master where sql is not null order by rowid").all();
    const tables = schema.filter(({ type }) => type === "table").map((one) => String(one["name"]));
    const statements = schema.map(({ sql }) => String(sql));
    for (const table of tables) {
      const columns = db
        .prepare(`select name from pragma_table_info('${table}')`)
        .all()
        .map((one) => String(one["name"]));
      const own = rows()[table] ?? db.prepare(`select * from "${table}"`).all();
      for (const row of own) {
        const known = columns.filter((column) => column in row);
        const values = known.map((column) => literal(row[column] ?? null));
        statements.push(
          `insert into "${table}" (${known.map((one) => `"${one}"`).join(", ")}) values (${values.join(", ")})`,
        );
      }
    }
    return statements.map((statement) => `${statement};\n`).join("");
  } finally {
    db.close();
  }
}

function literal(value: SQLOutputValue): string {
  if (value === null) return "null";
  if (value === "@NOW@") return value;
  return typeof value === "string" ? `'${value.replaceAll("'", "''")}'` : String(value);
}
