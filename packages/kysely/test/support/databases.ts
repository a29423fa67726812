import { PGlite } from '@electric-sql/pglite';
import { citext } from '@electric-sql/pglite/contrib/citext';
import { type Dialect, Kysely, PostgresDialect, type SqliteDatabase, SqliteDialect } from 'kysely';
import Database from 'libsql';
import { Pool } from 'pg';
import { pgliteDialect } from './pglite-dialect.js';

/** A database of a test's own, and how its language differs. */
export interface TestDatabase extends AsyncDisposable {
  readonly db: Kysely<unknown>;
  /** Another Kysely on the same database, whose dialect the caller may wrap. */
  connect(wrap?: (dialect: Dialect) => Dialect): Kysely<unknown>;
  readonly types: { readonly time: string; readonly bool: string; readonly json: string };
}

export async function openPglite(): Promise<TestDatabase> {
  const pglite = await PGlite.create({ extensions: { citext } });
  return opened(
    () => pgliteDialect(pglite),
    POSTGRES_TYPES,
    () => pglite.close(),
  );
}

export async function openSqlite(): Promise<TestDatabase> {
  const database = new Database(':memory:') as unknown as SqliteDatabase;
  // Every Kysely closes the database that it is given.
  const shared: SqliteDatabase = { prepare: (text) => database.prepare(text), close: () => {} };
  return opened(
    () => new SqliteDialect({ database: shared }),
    SQLITE_TYPES,
    async () => database.close(),
  );
}

/** A database on a PostgreSQL server that runs. */
export async function openPostgres(url: string): Promise<TestDatabase> {
  return opened(() => new PostgresDialect({ pool: new Pool({ connectionString: url }) }), POSTGRES_TYPES);
}

const POSTGRES_TYPES = { time: 'timestamptz', bool: 'boolean', json: 'jsonb' };
const SQLITE_TYPES = { time: 'text', bool: 'integer', json: 'text' };

function opened(
  dialect: () => Dialect,
  types: TestDatabase['types'],
  close: () => Promise<void> = async () => {},
): TestDatabase {
  const all: Kysely<unknown>[] = [];
  const connect: TestDatabase['connect'] = (wrap = (plain) => plain) => {
    const db = new Kysely<unknown>({ dialect: wrap(dialect()) });
    all.push(db);
    return db;
  };
  return {
    db: connect(),
    connect,
    types,
    async [Symbol.asyncDispose]() {
      for (const db of all) await db.destroy();
      await close();
    },
  };
}
