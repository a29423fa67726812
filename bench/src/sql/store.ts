import { betterSqlite3, startMariadb, startPostgres } from '@sluice/test-servers';
import {
  CompiledQuery,
  Kysely,
  type Dialect as KyselyDialect,
  MysqlDialect,
  PostgresDialect,
  SqliteDialect,
  sql,
} from 'kysely';
import Database from 'libsql';
import { createPool } from 'mysql2';
import pg from 'pg';

export const DATABASES = ['PostgreSQL', 'MariaDB', 'SQLite'] as const;
export type DatabaseName = (typeof DATABASES)[number];

/** A sum for a page. */
export interface Sum {
  readonly path: string;
  readonly views: number;
}

/** A database, and how its fastest upsert of many rows is written. */
interface Store {
  /** Where it is reached, once it runs. */
  start(): Promise<{ readonly address: string } & AsyncDisposable>;
  connect(address: string): KyselyDialect;
  readonly text: string;
  /** Where the database has one writer at a time, one batch is applied at a time. */
  readonly atATime: number;
  upsert(sums: readonly Sum[]): CompiledQuery;
}

const manyRows = (sums: readonly Sum[], end: string): CompiledQuery =>
  CompiledQuery.raw(
    `insert into page (path, views) values ${sums.map(() => '(?, ?)').join()} ${end}`,
    sums.flatMap(({ path, views }) => [path, views]),
  );

export const STORES: Readonly<Record<DatabaseName, Store>> = {
  PostgreSQL: {
    async start() {
      const server = await startPostgres();
      return { address: server.url, [Symbol.asyncDispose]: () => server.stop() };
    },
    connect: (address) => new PostgresDialect({ pool: new pg.Pool({ connectionString: address, max: 6 }) }),
    text: 'text',
    atATime: 4,
    upsert: (sums) =>
      CompiledQuery.raw(
        `insert into page (path, views)
        select path, views from json_populate_recordset(null::page, $1)
        on conflict (path) do update set views = page.views + excluded.views`,
        [JSON.stringify(sums)],
      ),
  },
  MariaDB: {
    async start() {
      const server = await startMariadb();
      return { address: server.socket, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
    },
    connect: (address) =>
      new MysqlDialect({
        pool: createPool({
          socketPath: address,
          user: 'root',
          database: 'test',
          timezone: 'Z',
          connectionLimit: 6,
        }),
      }),
    text: 'varchar(200)',
    atATime: 4,
    upsert: (sums) => manyRows(sums, 'on duplicate key update views = views + values(views)'),
  },
  SQLite: {
    start: async () => ({ address: ':memory:', async [Symbol.asyncDispose]() {} }),
    connect: (address) =>
      new SqliteDialect({
        database: (betterSqlite3 ? new betterSqlite3(address) : new Database(address)) as never,
      }),
    text: 'text',
    atATime: 1,
    upsert: (sums) => manyRows(sums, 'on conflict (path) do update set views = views + excluded.views'),
  },
};

/** The table of the sums: with these rows, or with none. */
export async function fill(db: Kysely<unknown>, store: Store, paths: readonly string[]): Promise<void> {
  await sql`drop table if exists page`.execute(db);
  await sql
    .raw(`create table page (path ${store.text} primary key, views bigint not null default 0)`)
    .execute(db);
  for (let i = 0; i < paths.length; i += 1000) {
    const sums = paths.slice(i, i + 1000).map((path) => ({ path, views: 0 }));
    await db.executeQuery(store.upsert(sums));
  }
}

/** @throws Error unless the rows have this many views in all */
export async function verify(db: Kysely<unknown>, views: number): Promise<void> {
  const { rows } = await sql<{ sum: string }>`select sum(views) as sum from page`.execute(db);
  const sum = Number(rows[0]?.sum);
  if (sum !== views) throw new Error(`The table has ${sum} views, of ${views} that were written.`);
}

/** One connection of a Kysely, or more. */
export function open(database: DatabaseName, address: string): Kysely<unknown> {
  return new Kysely<unknown>({ dialect: STORES[database].connect(address) });
}
