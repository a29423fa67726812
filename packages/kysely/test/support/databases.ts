import { PGlite } from '@electric-sql/pglite';
import { betterSqlite3 } from '@sluice/test-servers';
import {
  type Dialect,
  Kysely,
  MysqlDialect,
  PostgresDialect,
  type SqliteDatabase,
  SqliteDialect,
} from 'kysely';
import { PostgresJSDialect } from 'kysely-postgres-js';
import Database from 'libsql';
import { createPool } from 'mysql2';
import { Pool } from 'pg';
import postgres from 'postgres';
import { pgliteDialect } from './pglite-dialect.js';

/** Types of columns, where languages differ. */
interface Types {
  readonly text: string;
  readonly time: string;
  readonly bool: string;
  readonly json: string;
}

/** A database for tests. */
export interface TestDatabase extends AsyncDisposable {
  readonly db: Kysely<unknown>;
  readonly types: Types;
  /** Another Kysely on the same database, whose dialect the caller may wrap. */
  connect(wrap?: (dialect: Dialect) => Dialect): Kysely<unknown>;
}

const POSTGRES_TYPES: Types = { text: 'text', time: 'timestamptz', bool: 'boolean', json: 'jsonb' };

export async function openPglite(): Promise<TestDatabase> {
  const pglite = await PGlite.create();
  return opened(
    () => pgliteDialect(pglite),
    POSTGRES_TYPES,
    () => pglite.close(),
  );
}

/** SQLite as libSQL has it. */
export function openSqlite(): Promise<TestDatabase> {
  return sqliteOn(new Database(':memory:') as unknown as SqliteDatabase);
}

/** SQLite over better-sqlite3, where that has a binary. */
export function openBetterSqlite(): Promise<TestDatabase> {
  if (betterSqlite3 === undefined) throw new Error('better-sqlite3 has no binary for this machine');
  return sqliteOn(new betterSqlite3(':memory:'));
}

async function sqliteOn(database: SqliteDatabase): Promise<TestDatabase> {
  // Every Kysely closes the database that it is given.
  const shared: SqliteDatabase = { prepare: (text) => database.prepare(text), close: () => {} };
  const types: Types = { text: 'text', time: 'text', bool: 'integer', json: 'text' };
  return opened(
    () => new SqliteDialect({ database: shared }),
    types,
    async () => database.close(),
  );
}

type PostgresJsOptions = Pick<postgres.Options<Record<string, never>>, 'prepare' | 'transform'>;

/** A database on a PostgreSQL server that runs. */
export async function openPostgres(url: string): Promise<TestDatabase> {
  const dialect = (): Dialect => {
    const pool = new Pool({ connectionString: url });
    // A connection that the server ends would end the process.
    pool.on('error', () => {});
    pool.on('connect', (client) => void client.on('error', () => {}));
    return new PostgresDialect({ pool });
  };
  return opened(dialect, POSTGRES_TYPES);
}

/**
 * The same over postgres.js.
 * @param options such as whether statements may have names, which a connection that others use does not know
 */
export async function openPostgresJs(url: string, options: PostgresJsOptions = {}): Promise<TestDatabase> {
  const dialect = (): Dialect =>
    new PostgresJSDialect({ postgres: postgres(url, { ...options, onnotice() {} }) });
  return opened(dialect, POSTGRES_TYPES);
}

/** A database on a MySQL or MariaDB server that runs, at a socket with a database `test` or at a URL. */
export async function openMysql(at: string | { readonly uri: string }, user = 'root'): Promise<TestDatabase> {
  const server = typeof at === 'string' ? { socketPath: at, user, database: 'test' } : at;
  const pool = (): ReturnType<typeof createPool> =>
    createPool({ ...server, supportBigNumbers: true, timezone: 'Z' });
  const types: Types = { text: 'varchar(200)', time: 'datetime(3)', bool: 'boolean', json: 'json' };
  return opened(() => new MysqlDialect({ pool: pool() }), types);
}

function opened(
  dialect: () => Dialect,
  types: Types,
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
    types,
    connect,
    async [Symbol.asyncDispose]() {
      for (const db of all) await db.destroy();
      await close();
    },
  };
}
