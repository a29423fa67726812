import {
  betterSqlite3,
  hasMariadb,
  hasPgbouncer,
  type MariadbServer,
  type Pgbouncer,
  type PostgresServer,
  startMariadb,
  startPgbouncer,
  startPostgres,
} from '@sluice/test-servers';
import { type Kysely, sql } from 'kysely';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { kyselySink } from '../src/index.js';
import { batchOf, context } from './support/batches.js';
import {
  openBetterSqlite,
  openMysql,
  openPglite,
  openPostgres,
  openPostgresJs,
  openSqlite,
  type TestDatabase,
} from './support/databases.js';
import { ODD_SHAPES } from './support/odd-shapes.js';
import { type Database, SHAPES, type Shape } from './support/shapes.js';
import { TYPE_SHAPES } from './support/type-shapes.js';

/** Applies the steps of a shape as workers do, with a second delivery of what failed. Returns how many entries died. */
async function run({ model, steps, unfit }: Shape, db: Kysely<unknown>): Promise<number> {
  const sink = kyselySink({ db, models: { T: model } });
  await sink.migrate();
  let dead = 0;
  for (const step of steps) {
    if (typeof step === 'string') {
      await sql.raw(step).execute(db);
      continue;
    }
    const batch = await batchOf(step.map((counts) => ['T', ...counts]));
    const delivered = sink(batch, context).catch(() => sink({ ...batch, attempt: 2 }, context));
    if (unfit !== undefined) {
      await expect(delivered).rejects.toThrow(unfit);
      continue;
    }
    const result = await delivered;
    dead += result?.rejected.length ?? 0;
  }
  return dead;
}

async function check(shape: Shape, prepared: Kysely<unknown>): Promise<void> {
  const dead = await run(shape, prepared);
  const { rows } = await sql<Record<string, unknown>>`${sql.raw(shape.query)}`.execute(prepared);
  expect(rows.map((row) => Object.values(row).map(plain))).toEqual(shape.right);
  expect(dead).toBe(shape.dead ?? 0);
}

function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  return typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : value;
}

function shapesOn(database: Database): readonly Shape[] {
  return [...SHAPES, ...TYPE_SHAPES, ...ODD_SHAPES].filter(({ on }) => on.includes(database));
}

/** Gives each shape a schema to itself, in which names without one are looked for. */
async function inSchema(shape: Shape, owner: Kysely<unknown>, db = owner): Promise<void> {
  await sql`drop schema if exists main cascade`.execute(owner);
  await sql`create schema main`.execute(owner);
  await sql`set search_path = main, public`.execute(owner);
  for (const statement of shape.ddl) await sql.raw(statement).execute(owner);
  await check(shape, db);
}

function onServer(owner: () => TestDatabase, open: () => Promise<TestDatabase>): void {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await open();
  });
  afterAll(() => database?.[Symbol.asyncDispose]());

  test.each(shapesOn('postgres'))('$subject', (shape) => inSchema(shape, owner().db, database.db));
}

describe('PostgreSQL', () => {
  let server: PostgresServer;
  let owner: TestDatabase;
  beforeAll(async () => {
    server = await startPostgres({ fsync: 'off', search_path: 'main, public' });
    owner = await openPostgres(server.url);
  });
  afterAll(async () => {
    await owner?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
  });

  describe('over pg', () =>
    onServer(
      () => owner,
      () => openPostgres(server.url),
    ));
  describe('over postgres.js', () =>
    onServer(
      () => owner,
      () => openPostgresJs(server.url, { transform: postgres.camel }),
    ));

  // On Debian: apt-get install pgbouncer
  describe.skipIf(!hasPgbouncer)(
    'through PgBouncer in transaction mode (skipped where there is none)',
    () => {
      let bouncer: Pgbouncer;
      beforeAll(async () => {
        bouncer = await startPgbouncer(server);
      });
      afterAll(() => bouncer?.[Symbol.asyncDispose]());

      onServer(
        () => owner,
        () => openPostgres(bouncer.url),
      );
    },
  );
});

describe('PGlite', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await openPglite();
  });
  afterAll(() => database?.[Symbol.asyncDispose]());

  test.each(shapesOn('pglite'))('$subject', (shape) => inSchema(shape, database.db));
});

function onSqlite(open: () => Promise<TestDatabase>): void {
  test.each(shapesOn('sqlite'))('$subject', async (shape) => {
    await using database = await open();
    for (const statement of shape.ddl) await sql.raw(statement).execute(database.db);
    await check(shape, database.db);
  });
}

describe('SQLite', () => {
  describe('over libSQL', () => onSqlite(openSqlite));
  describe.skipIf(betterSqlite3 === undefined)(
    'over better-sqlite3 (skipped where there is no binary of it)',
    () => onSqlite(openBetterSqlite),
  );
});

// On Debian: apt-get install mariadb-server
describe.skipIf(!hasMariadb)('MariaDB (skipped where there is no mariadbd)', () => {
  let server: MariadbServer;
  let owner: TestDatabase;
  beforeAll(async () => {
    server = await startMariadb();
    owner = await openMysql(server.socket);
  });
  afterAll(async () => {
    await owner?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
  });

  test.each(shapesOn('mariadb'))('$subject', async (shape) => {
    for (const statement of [
      `set ${GLOBALS.map((name) => `global ${name} = default`).join()}`,
      'drop view if exists t',
      'drop table if exists t, behind, log',
      ...shape.ddl,
    ]) {
      await sql.raw(statement).execute(owner.db);
    }
    // What is set for the server is for connections that are made from now on.
    await using database = await openMysql(server.socket);
    await check(shape, database.db);
  });
});

const GLOBALS = [
  'time_zone',
  'sql_mode',
  'max_allowed_packet',
  'sql_select_limit',
  'sql_safe_updates',
  'sql_auto_is_null',
  'sql_big_selects',
  'tx_isolation',
  'character_set_server',
  'innodb_strict_mode',
  'foreign_key_checks',
  'unique_checks',
  'max_statement_time',
  'div_precision_increment',
  'group_concat_max_len',
  'max_sort_length',
];
