import {
  hasPgbouncer,
  type Pgbouncer,
  type PostgresServer,
  startPgbouncer,
  startPostgres,
} from '@sluice/test-servers';
import { type Kysely, sql } from 'kysely';
import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type KyselySinkOptions, kyselySink } from '../src/index.js';
import { batchOf, context, type Increment } from './support/batches.js';
import { openPostgres, openPostgresJs, type TestDatabase } from './support/databases.js';
import { faulty } from './support/faults.js';
import { sinkSuite } from './support/suite.js';

let server: PostgresServer;
beforeAll(async () => {
  // Nothing has to be durable, and deadlocks are noticed at once.
  server = await startPostgres({ fsync: 'off', deadlock_timeout: '20ms' });
});
afterAll(() => server?.[Symbol.asyncDispose]());

describe('on any database', () => sinkSuite(() => openPostgres(server.url)));

describe('on any database, over postgres.js', () => sinkSuite(() => openPostgresJs(server.url)));

// On Debian: apt-get install pgbouncer
describe.skipIf(!hasPgbouncer)('through PgBouncer in transaction mode (skipped where there is none)', () => {
  let bouncer: Pgbouncer;
  beforeAll(async () => {
    bouncer = await startPgbouncer(server);
  });
  afterAll(() => bouncer?.[Symbol.asyncDispose]());

  describe('over pg', () => sinkSuite(() => openPostgres(bouncer.url)));
  describe('over postgres.js', () => sinkSuite(() => openPostgresJs(bouncer.url, { prepare: false })));
});

describe('on PostgreSQL', () => {
  let database: TestDatabase;
  let db: Kysely<unknown>;
  beforeAll(async () => {
    database = await openPostgres(server.url);
    db = database.db;
    await sql`create extension if not exists citext`.execute(db).catch(() => undefined);
  });
  afterAll(() => database?.[Symbol.asyncDispose]());
  beforeEach(async () => {
    await sql`drop schema if exists "Odd.Schema" cascade`.execute(db);
    await sql`drop table if exists t, other, sluice_ledger cascade`.execute(db);
    await sql`create table t (id bigint primary key, n bigint not null default 0)`.execute(db);
  });

  async function sinkFor(options: Partial<KyselySinkOptions> = {}) {
    const sink = kyselySink({ db, models: { T: { table: 't' } }, ...options });
    await sink.migrate();
    return sink;
  }

  const add = (...ids: number[]): Increment[] => ids.map((id): Increment => ['T', { n: 1 }, { id }]);

  async function counts(): Promise<unknown[]> {
    const { rows } = await sql<{ n: string }>`select n from t order by id`.execute(db);
    return rows.map(({ n }) => Number(n));
  }

  /** Another user of the database, in a separate transaction. */
  async function other(): Promise<Client & AsyncDisposable> {
    const client = new Client({ connectionString: server.url });
    await client.connect();
    return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() });
  }

  /** Resolves when this many sessions wait for a lock. */
  async function blocked(count: number): Promise<void> {
    for (;;) {
      const { rows } = await sql<{
        n: number;
      }>`select count(*)::int as n from pg_stat_activity where wait_event_type = 'Lock'`.execute(db);
      if (rows[0]?.n === count) return;
    }
  }

  test('a deadlock of two workers in opposite order is survived', async () => {
    await sql`insert into t values (1), (2)`.execute(db);
    await sql`create table other (id bigint primary key, n bigint)`.execute(db);
    // Another worker, perhaps of an older version, which applies rows in another order.
    await using worker = await other();
    // The one with the longer deadlock_timeout does not detect the deadlock, so it is not the victim.
    await worker.query(`set deadlock_timeout = '1h'`);
    await worker.query('begin');
    await worker.query('update t set n = n + 10 where id = 2');
    const texts: string[] = [];
    const wrapped = database.connect(faulty({ before: (text) => void texts.push(text) }));
    const sink = await sinkFor({ db: wrapped });
    const applied = sink(await batchOf(add(1, 2)), context);
    await blocked(1);
    const blocking = worker.query('update t set n = n + 10 where id = 1');
    await blocking;
    await worker.query('commit');
    await applied;
    expect(await counts()).toEqual([11, 11]);
    expect(texts.filter((text) => text.includes('insert into "sluice_ledger"')).length).toBe(2);
  });

  test.each(['upsert', 'update'] as const)(
    'many workers on the same rows do not deadlock: %s',
    async (mode) => {
      const ids = Array.from({ length: 50 }, (_, i) => i);
      await sql`insert into t (id) select i from generate_series(0, 49) i`.execute(db);
      const before = await sql<{
        n: number;
      }>`select deadlocks::int as n from pg_stat_database where datname = 'postgres'`.execute(db);
      const sink = await sinkFor({ models: { T: { table: 't', mode } } });
      const batches = await Promise.all(Array.from({ length: 30 }, () => batchOf(add(...shuffled(ids)))));
      await Promise.all(batches.map((batch) => sink(batch, context)));
      expect(await counts()).toEqual(ids.map(() => 30));
      const after = await sql<{
        n: number;
      }>`select deadlocks::int as n from pg_stat_database where datname = 'postgres'`.execute(db);
      expect(after.rows).toEqual(before.rows);
    },
  );

  test('a statement that waits for a lock ends with its timeout; the batch comes again', async () => {
    await sql`insert into t values (1, 1)`.execute(db);
    await using worker = await other();
    await worker.query('begin');
    await worker.query('update t set n = 5');
    const sink = await sinkFor({ timeoutMs: 30 });
    const batch = await batchOf(add(1));
    // On a busy machine it is the pause between two statements that takes too long.
    await expect(sink({ ...batch, attempt: 9 }, context)).rejects.toThrow(
      /(statement|transaction) timeout|database was silent/,
    );
    await worker.query('rollback');
    await sink(batch, context);
    expect(await counts()).toEqual([2]);
  });

  test('without a timeout, a statement may run as long as the lease', async () => {
    await sql`insert into t values (1, 1)`.execute(db);
    await using worker = await other();
    await worker.query('begin');
    await worker.query('update t set n = 5');
    const sink = await sinkFor({});
    const batch = await batchOf(add(1));
    await expect(sink(batch, { ...context, leaseMs: 30 })).rejects.toThrow(
      /(statement|transaction) timeout|database was silent/,
    );
    await worker.query('rollback');
    await sink(batch, context);
    expect(await counts()).toEqual([2]);
  });

  test('timeouts end with the transaction', async () => {
    const sink = await sinkFor({ timeoutMs: 12_345 });
    await sink(await batchOf(add(1)), context);
    const { rows } = await sql`
      select
        current_setting('statement_timeout') as a,
        current_setting('idle_in_transaction_session_timeout') as b
    `.execute(db);
    expect(rows).toEqual([{ a: '0', b: '0' }]);
  });

  test('a second worker waits for the first that holds the batch, and applies it if that one fails', async () => {
    let arrive = (): void => {};
    let leave = (): void => {};
    const arrived = new Promise<void>((resolve) => (arrive = resolve));
    const left = new Promise<void>((resolve) => (leave = resolve));
    const before = async (text: string): Promise<void> => {
      if (!text.includes('insert into "t"')) return;
      arrive();
      await left;
      throw new Error('the worker died');
    };
    const sink = await sinkFor();
    const dying = kyselySink({ db: database.connect(faulty({ before })), models: { T: { table: 't' } } });
    const batch = await batchOf(add(1));
    // It is taken apart: else one statement does all.
    const first = dying({ ...batch, attempt: 2 }, context);
    await arrived;
    const second = sink(batch, context);
    const third = sink.giveUp(batch, { ...context, reason: 'enough' });
    await blocked(2);
    leave();
    await expect(first).rejects.toThrow('the worker died');
    const [applied, givenUp] = await Promise.all([second, third]);
    // Whichever came first decides, and both return the same.
    expect(applied).toEqual(givenUp);
    expect(await counts()).toEqual(applied?.rejected.length === 0 ? [1] : []);
  });

  test.each(['ends', 'fails'])(
    'a second worker waits for the one statement of the first, which %s',
    async (how) => {
      await sql`insert into t values (1, 1), (2, 0)`.execute(db);
      await using owner = await other();
      await owner.query('begin');
      await owner.query('update t set n = n + 10 where id = 1');
      const sink = await sinkFor();
      const batch = await batchOf(add(1, 2));
      const first = sink(batch, context);
      await blocked(1);
      const { rows } = await sql<{
        pid: number;
      }>`select pid from pg_stat_activity where wait_event_type = 'Lock'`.execute(db);
      const second = sink(batch, context);
      await blocked(2);
      if (how === 'fails') {
        // It may fail before the reply to the statement that cancels it is here.
        const cancelled = expect(first).rejects.toThrow(/canceling statement/);
        await sql`select pg_cancel_backend(${rows[0]?.pid}::int)`.execute(db);
        await cancelled;
      }
      // The second is not before the owner of the row, but before another batch.
      const another = sink(await batchOf(add(1)), context);
      await owner.query('commit');
      if (how === 'ends') expect(await first).toEqual({ rejected: [] });
      expect(await second).toEqual({ rejected: [] });
      await another;
      expect(await counts()).toEqual([13, 1]);
    },
  );

  test('a batch whose row in the ledger is removed by a trigger is not kept', async () => {
    const sink = await sinkFor();
    await sql`
      create or replace function cleans() returns trigger language plpgsql
      as $$ begin delete from sluice_ledger; return null; end $$
    `.execute(db);
    await sql`
      create trigger cleans after insert on sluice_ledger for each row execute function cleans()
    `.execute(db);
    await expect(sink(await batchOf(add(1)), context)).rejects.toThrow(
      /in the ledger 0 times before the commit/,
    );
    expect(await counts()).toEqual([]);
  });

  test('a batch whose row in the ledger is kept out by a trigger is not taken for one that was applied', async () => {
    const sink = await sinkFor();
    await sql`
      create or replace function keeps_out() returns trigger language plpgsql as $$ begin return null; end $$
    `.execute(db);
    await sql`
      create trigger keeps_out before insert on sluice_ledger for each row execute function keeps_out()
    `.execute(db);
    const batch = await batchOf(add(1));
    await expect(sink(batch, context)).rejects.toThrow(/could not be entered in the ledger/);
    await sql`drop trigger keeps_out on sluice_ledger`.execute(db);
    await sink({ ...batch, attempt: 2 }, context);
    expect(await counts()).toEqual([1]);
  });

  test('a connection that the server ends rolls back, and the batch comes again', async () => {
    let pid = 0;
    const before = async (text: string): Promise<void> => {
      if (!text.includes('insert into "t"')) return;
      if (pid > 0) return;
      const { rows } = await sql<{
        pid: number;
      }>`select pid from pg_stat_activity where state = 'idle in transaction'`.execute(db);
      pid = rows[0]?.pid ?? 0;
      await sql`select pg_terminate_backend(${pid}::int)`.execute(db);
    };
    const sink = await sinkFor({ db: database.connect(faulty({ before })) });
    const batch = await batchOf(add(1));
    await expect(sink(batch, context)).rejects.toThrow();
    await sink({ ...batch, attempt: 2 }, context);
    expect(await counts()).toEqual([1]);
  });

  test('keys that only the database knows to be equal are all counted', async () => {
    await sql`create table other (day date primary key, n bigint not null default 0)`.execute(db);
    const at = (hour: number): Increment => [
      'Day',
      { n: 10 ** hour },
      { day: new Date(Date.UTC(2026, 0, 31, hour)) },
    ];
    for (const mode of ['upsert', 'update'] as const) {
      const sink = await sinkFor({ models: { Day: { table: 'other', mode } } });
      await sink(await batchOf([at(0), at(1), at(2), at(3), at(4)]), context);
    }
    const { rows } = await sql`select day::text, n::int from other`.execute(db);
    expect(rows).toEqual([{ day: '2026-01-31', n: 22_222 }]);
  });

  test('a constraint that is deferred is found out before the commit', async () => {
    await sql`
      create table other (
        id bigint primary key,
        parent bigint references t deferrable initially deferred,
        n bigint
      )
    `.execute(db);
    await sql`insert into t values (1)`.execute(db);
    const sink = await sinkFor({ models: { O: { table: 'other' } } });
    const batch = await batchOf(
      [1, 2, 1, 1].map((parent, id): Increment => ['O', { n: 1 }, { id }, { parent }]),
    );
    await expect(sink(batch, context)).rejects.toThrow('foreign key');
    const result = await sink({ ...batch, attempt: 2 }, context);
    expect(result?.rejected.map(({ index }) => batch.entries[index]?.filters.id)).toEqual([1]);
    const { rows } = await sql`select id::int from other order by id`.execute(db);
    expect(rows).toEqual([{ id: 0 }, { id: 2 }, { id: 3 }]);
  });

  test('values take the types of their columns', async () => {
    await sql`
      create table other (
        id uuid,
        kind text,
        at timestamp,
        n integer,
        list int[],
        j jsonb,
        price numeric,
        ok boolean,
        primary key (id, kind)
      )
    `.execute(db);
    const id = '8d9bd3f4-7a3c-4a3f-9d55-0d1cf3a4b2d1';
    const extra = { at: new Date(1e12), list: [1, 2], j: 'text', price: 0.1, ok: true };
    for (const mode of ['upsert', 'update', 'upsert'] as const) {
      const sink = await sinkFor({ models: { O: { table: 'other', mode } } });
      await sink(await batchOf([['O', { n: 1 }, { id, kind: 'a' }, extra]]), context);
    }
    const { rows } = await sql`select id, kind, at::text, n, list, j, price::text, ok from other`.execute(db);
    expect(rows).toEqual([
      { id, kind: 'a', at: '2001-09-09 01:46:40', n: 3, list: [1, 2], j: 'text', price: '0.1', ok: true },
    ]);
  });

  test('values that do not fit are isolated: overflow, wrong types, too long', async () => {
    await sql`create table other (id varchar(5) primary key, n integer not null)`.execute(db);
    const sink = await sinkFor({ models: { O: { table: 'other' } }, unknownAfterMs: 0 });
    const batch = await batchOf(
      [
        ['O', { n: 1 }, { id: 'good' }],
        ['O', { n: 2 ** 31 }, { id: 'over' }],
        ['O', { n: 1 }, { id: 'longer' }],
        ['O', { n: 1 }, { id: 'wrong' }, { n2: 1 }],
      ],
      { attempt: 2 },
    );
    const result = await sink(batch, context);
    expect(result?.rejected.map(({ reason }) => reason).sort()).toEqual([
      'Model "O", table "other": there is no column "n2": add it, or correct `models.O.extra`; there are "id", "n".',
      expect.stringContaining('(22003)'),
      expect.stringContaining('too long for type character varying(5) (22001)'),
    ]);
  });

  test('names longer than PostgreSQL keeps are not cut', async () => {
    await sql`create table other (id bigint primary key, ${sql.id('x'.repeat(63))} bigint)`.execute(db);
    const sink = await sinkFor({ models: { O: { table: 'other' } } });
    const result = await sink(await batchOf([['O', { ['x'.repeat(64)]: 1 }, { id: 1 }]]), context);
    expect(result?.rejected.map(({ reason }) => reason)).toEqual([
      expect.stringContaining('is longer than a name in PostgreSQL'),
    ]);
  });

  test('tables and ledgers may be in other schemas', async () => {
    await sql`create schema "Odd.Schema"`.execute(db);
    await sql`create table "Odd.Schema"."T.1" (id bigint primary key, n bigint)`.execute(db);
    const sink = kyselySink({
      db,
      models: { O: { table: ['Odd.Schema', 'T.1'] }, T: { table: 'public.t' } },
      ledger: ['Odd.Schema', 'Ledger'],
    });
    await sink.migrate();
    const batch = await batchOf([['O', { n: 1 }, { id: 1 }], ...add(1)]);
    await sink(batch, context);
    await sink(batch, context);
    expect((await sql`select n::int from "Odd.Schema"."T.1"`.execute(db)).rows).toEqual([{ n: 1 }]);
    expect((await sql`select id from "Odd.Schema"."Ledger"`.execute(db)).rows).toHaveLength(1);
  });

  test('several processes may create the ledger at once', async () => {
    const sink = kyselySink({ db, models: { T: { table: 't' } } });
    for (let i = 0; i < 5; i += 1) {
      await sql`drop table if exists sluice_ledger`.execute(db);
      await Promise.all(Array.from({ length: 8 }, () => sink.migrate()));
    }
  });

  test('stricter isolation levels are survived', async () => {
    await sql`alter database postgres set default_transaction_isolation = 'serializable'`.execute(db);
    try {
      const strict = database.connect();
      const sink = await sinkFor({ db: strict });
      const batches = await Promise.all(Array.from({ length: 6 }, () => batchOf(add(1, 2, 3))));
      await Promise.all(
        [...batches, ...batches].map(async (batch) => {
          // What is left of conflicts after the sink's own tries comes again, as a worker has it.
          for (let attempt = 1; ; attempt += 1) {
            try {
              return await sink({ ...batch, attempt }, context);
            } catch (error) {
              expect(error).toMatchObject({ code: '40001' });
            }
          }
        }),
      );
      expect(await counts()).toEqual([6, 6, 6]);
    } finally {
      await sql`alter database postgres reset default_transaction_isolation`.execute(db);
    }
  });
});

function shuffled<T>(items: readonly T[]): T[] {
  return [...items].sort(() => Math.random() - 0.5);
}
