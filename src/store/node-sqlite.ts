import { closeSync, openSync } from "node:fs";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { SqliteAdapter, SqliteDialect, type SqliteDatabase, type SqliteStatement } from "kysely";

/** How many prepared statements are cached for a database. The store has far fewer queries. */
const statementLimit = 200;

/**
 * Kysely's SQLite dialect over `node:sqlite`. WAL lets readers go on while somebody writes. With
 * `synchronous=NORMAL`, a write survives the death of any process, but the last writes may be lost at a power
 * cut.
 */
export function nodeSqliteDialect(path: string): SqliteDialect {
  return new TransactionalDialect({ database: () => Promise.resolve(openDatabase(path)) });
}

class TransactionalDialect extends SqliteDialect {
  override createAdapter(): SqliteAdapter {
    return new TransactionalAdapter();
  }
}

/**
 * Kysely's adapter says that SQLite cannot change a schema in a transaction, but SQLite can
 * (https://sqlite.org/lang_transaction.html).
 */
class TransactionalAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

function openDatabase(path: string): SqliteDatabase {
  // Only the server's user may read the database. SQLite gives the `-wal` and `-shm` files the same mode.
  if (path !== ":memory:") closeSync(openSync(path, "a", 0o600));
  const db = new DatabaseSync(path, { timeout: 5000 });
  db.exec(
    "pragma journal_mode = wal; pragma synchronous = normal; pragma foreign_keys = on; pragma temp_store = memory",
  );
  const prepared = new Map<string, SqliteStatement>();
  return {
    close: () => {
      db.close();
    },
    prepare(sql) {
      const known = prepared.get(sql);
      if (known !== undefined) return known;
      const statement = wrap(db.prepare(sql));
      if (prepared.size < statementLimit) prepared.set(sql, statement);
      return statement;
    },
  };
}

function wrap(statement: StatementSync): SqliteStatement {
  const bind = (parameters: readonly unknown[]) => parameters as (string | number | bigint | null)[];
  return {
    // Asked once for each statement: listing the columns takes as long as reading a row.
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...bind(parameters)),
    run: (parameters) => statement.run(...bind(parameters)),
    iterate: (parameters) => statement.iterate(...bind(parameters)),
  };
}
