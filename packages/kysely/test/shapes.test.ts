import {
  hasMariadb,
  type MariadbServer,
  type PostgresServer,
  startMariadb,
  startPostgres,
} from '@sluice/test-servers';
import { type Kysely, sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { kyselySink } from '../src/index.js';
import { batchOf, context } from './support/batches.js';
import { openMysql, openPglite, openPostgres, openSqlite, type TestDatabase } from './support/databases.js';
import { type Database, SHAPES, type Shape } from './support/shapes.js';

/** Applies the steps of a shape as workers do, with a second delivery of what failed. Returns how many entries died. */
async function run({ model, steps }: Shape, db: Kysely<unknown>): Promise<number> {
  const sink = kyselySink({ db, models: { T: model } });
  await sink.migrate();
  let dead = 0;
  for (const step of steps) {
    if (typeof step === 'string') {
      await sql.raw(step).execute(db);
      continue;
    }
    const batch = await batchOf(step.map((counts) => ['T', ...counts]));
    const result = await sink(batch, context)
      .catch(() => sink({ ...batch, attempt: 2 }, context))
      .catch((error: unknown) => {
        // An entry that is alone in its batch waits for the blame to be certain.
        if (batch.entries.length > 1) throw error;
        return { rejected: [{ index: 0, reason: String(error) }] };
      });
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
  return SHAPES.filter(({ on }) => on.includes(database));
}

/** Gives each shape a schema to itself. */
async function inSchema(shape: Shape, { db }: TestDatabase): Promise<void> {
  await sql`drop schema if exists main cascade`.execute(db);
  await sql`create schema main`.execute(db);
  await sql`set search_path = main, public`.execute(db);
  for (const statement of shape.ddl) await sql.raw(statement).execute(db);
  await check(shape, db);
}

describe('PostgreSQL', () => {
  let server: PostgresServer;
  let database: TestDatabase;
  beforeAll(async () => {
    server = await startPostgres({ fsync: 'off' });
    database = await openPostgres(`${server.url}?options=-csearch_path%3Dmain,public`);
  });
  afterAll(async () => {
    await database?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
  });

  test.each(shapesOn('postgres'))('$subject', (shape) => inSchema(shape, database));
});

describe('PGlite', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await openPglite();
  });
  afterAll(() => database?.[Symbol.asyncDispose]());

  test.each(shapesOn('pglite'))('$subject', (shape) => inSchema(shape, database));
});

describe('SQLite', () => {
  test.each(shapesOn('sqlite'))('$subject', async (shape) => {
    await using database = await openSqlite();
    for (const statement of shape.ddl) await sql.raw(statement).execute(database.db);
    await check(shape, database.db);
  });
});

// On Debian: apt-get install mariadb-server
describe.skipIf(!hasMariadb)('MariaDB (skipped where there is no mariadbd)', () => {
  let server: MariadbServer;
  beforeAll(async () => {
    server = await startMariadb();
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  test.each(shapesOn('mariadb'))('$subject', async (shape) => {
    await using owner = await openMysql(server.socket);
    for (const statement of [
      'set global time_zone = default',
      'set global sql_mode = default',
      'set global max_allowed_packet = default',
      'set global sql_select_limit = default',
      'set global sql_safe_updates = default',
      'set global sql_auto_is_null = default',
      'drop view if exists t',
      'drop table if exists t, behind, sluice_ledger',
      ...shape.ddl,
    ]) {
      await sql.raw(statement).execute(owner.db);
    }
    // What is set for the server is for connections that are made from now on.
    await using database = await openMysql(server.socket);
    await check(shape, database.db);
  });
});
