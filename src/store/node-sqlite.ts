import { closeSync, openSync } from "node:fs";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { SqliteDialect, type SqliteDatabase } from "kysely";

/** Prepared statements kept per database; the store's own queries are far fewer. */
const statementLimit = 200;

/**
 * Kysely's SQLite dialect over `node:sqlite`: WAL, so that readers never wait for the writer, and `synchronous=NORMAL`, which survives the death of any
 * process, but may lose the last moments at a power cut.
 */
export function nodeSqliteDialect(path: string): SqliteDialect {
  return new SqliteDialect({ database: () => Promise.resolve(openDatabase(path)) });
}

/** Whether a statement answers rows is asked for once: that takes longer than many a statement itself. */
interface Prepared {
  statement: StatementSync;
  reader: boolean;
}

function openDatabase(path: string): SqliteDatabase {
  // Only for its user, and so are the files beside it, whose mode SQLite takes from it.
  if (path !== ":memory:") closeSync(openSync(path, "a", 0o600));
  const db = new DatabaseSync(path, { timeout: 5000 });
  db.exec(
    "pragma journal_mode = wal; pragma synchronous = normal; pragma foreign_keys = on; pragma temp_store = memory",
  );
  const prepared = new Map<string, Prepared>();
  return {
    close: () => {
      db.close();
    },
    prepare(sql) {
      const { statement, reader } = prepared.get(sql) ?? prepare(db, sql);
      if (prepared.size < statementLimit) prepared.set(sql, { statement, reader });
      const bind = (parameters: readonly unknown[]) => parameters as (string | number | bigint | null)[];
      return {
        reader,
        all: (parameters) => statement.all(...bind(parameters)),
        run: (parameters) => statement.run(...bind(parameters)),
        iterate: (parameters) => statement.iterate(...bind(parameters)),
      };
    },
  };
}

function prepare(db: DatabaseSync, sql: string): Prepared {
  const statement = db.prepare(sql);
  return { statement, reader: statement.columns().length > 0 };
}
