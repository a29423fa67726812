import { createBuffer, createWorker } from '@sluice/core';
import { type KyselySink, kyselySink, migrateLedger } from '@sluice/kysely';
import { memory } from '@sluice/memory';
import { type PostgresServer, startPostgres } from '@sluice/test-servers';
import { type Kysely, sql } from 'kysely';
import { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDrizzle, openDrizzleOverPostgresJs } from './drizzle.js';
import { openKnex } from './knex.js';
import { openPg, overPool } from './pg.js';
import { openPostgresJs } from './postgres-js.js';
import { openPrisma } from './prisma.js';
import type { Road, Tables } from './road.js';

interface PageModels {
  Page: { columns: 'views'; filters: { path: string } };
}

let server: PostgresServer;
let admin: Pool;
beforeAll(async () => {
  server = await startPostgres({ fsync: 'off' });
  admin = new Pool({ connectionString: server.url });
});
afterAll(async () => {
  await admin?.end();
  await server?.stop();
});

describe.each([
  ['pg', openPg],
  ['postgres_js', openPostgresJs],
  ['drizzle', openDrizzle],
  ['drizzle_postgres_js', openDrizzleOverPostgresJs],
  ['prisma', openPrisma],
  ['knex', openKnex],
] satisfies [string, (url: string) => Road][])('%s', (name, open) => {
  let road: Road;
  beforeAll(async () => {
    road = open(await createDatabase(name));
    await road.migrate();
  });

  test('its migrations make the ledger that migrateLedger makes', async () => {
    const pool = new Pool({ connectionString: await createDatabase(`${name}_reference`) });
    const reference = overPool(pool);
    await migrateLedger(reference);
    expect(await ledgerOf(road.db)).toEqual(await ledgerOf(reference));
    await pool.end();
  });

  test('what is counted is in its rows, each batch once', async () => {
    await sql`insert into pages values ('/old', 40)`.execute(road.db);
    const sink = sinkOver(road.db);
    await sink.validate();
    const buffer = createBuffer<PageModels>({ backend: memory(), sink: twice(sink) });
    const worker = createWorker(buffer, { intervalMs: 5 });
    for (let i = 0; i < 200; i += 1)
      await buffer.incr('Page', { views: 1 }, { path: i % 2 ? '/old' : '/new' });
    await worker.stop();
    await buffer.processPending();
    await buffer.close();
    expect([await road.views('/old'), await road.views('/new')]).toEqual([140n, 100n]);
  });

  test('connections that are lost while idle end nothing', async () => {
    await loseConnectionsTo(name);
    await expect.poll(() => road.views('/old').catch(() => 'away')).toBe(140n);
  });

  // postgres.js itself throws where nothing can catch it: see docs/sql-clients.md.
  test.skipIf(name.includes('postgres_js'))('nor does one that is lost in use', async () => {
    const query = sql`select pg_sleep(30)`.execute(road.db);
    await Promise.all([expect(query).rejects.toThrow(), loseConnectionsTo(name, 'select pg_sleep(30)')]);
    await expect.poll(() => road.views('/old').catch(() => 'away')).toBe(140n);
  });

  test('and it closes as it did: no connection is left', async () => {
    await road.close();
    await expect.poll(() => connectionsTo(name)).toBe(0);
  });
});

function sinkOver(db: Kysely<Tables>): KyselySink<PageModels> {
  return kyselySink({ db, models: { Page: { table: 'pages', keys: ['path'], columns: ['views'] } } });
}

/** Each batch is delivered again, as after a reply that was lost. */
function twice(sink: KyselySink<PageModels>): KyselySink<PageModels> {
  const deliver: typeof sink = Object.assign(async (...delivery: Parameters<typeof sink>) => {
    await sink(...delivery);
    return sink(...delivery);
  }, sink);
  return deliver;
}

async function createDatabase(name: string): Promise<string> {
  await admin.query(`create database ${name}`);
  const url = new URL(server.url);
  url.pathname = name;
  return url.href;
}

async function connectionsTo(database: string): Promise<number> {
  const { rows } = await admin.query('select from pg_stat_activity where datname = $1', [database]);
  return rows.length;
}

/** Ends connections as a server does that is stopped: all, or the one that runs a query, once there is one. */
async function loseConnectionsTo(database: string, query?: string): Promise<void> {
  await expect
    .poll(async () => {
      const { rows } = await admin.query(
        'select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and query = coalesce($2, query)',
        [database, query],
      );
      return rows.length;
    })
    .toBeGreaterThan(0);
}

async function ledgerOf(db: Kysely<Tables>): Promise<unknown> {
  const columns = await sql`
    select column_name, data_type, is_nullable, column_default
    from information_schema.columns
    where table_name = 'sluice_ledger'
    order by ordinal_position
  `.execute(db);
  const indexes = await sql`
    select indexdef from pg_indexes where tablename = 'sluice_ledger' order by indexname
  `.execute(db);
  return [columns.rows, indexes.rows];
}
