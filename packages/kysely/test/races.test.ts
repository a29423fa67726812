import type { Batch } from '@sluice/core';
import {
  hasMariadb,
  type MariadbServer,
  type PostgresServer,
  startMariadb,
  startPostgres,
} from '@sluice/test-servers';
import { seededRandom } from '@sluice/testing';
import { type Kysely, sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type KyselySinkOptions, kyselySink } from '../src/index.js';
import { batchOf, context, type Increment } from './support/batches.js';
import { openMysql, openPostgres, openSqlite, type TestDatabase } from './support/databases.js';
import { faulty } from './support/faults.js';

const T = { table: 't', keys: ['k'], columns: ['n'] } as const;
const add = (...keys: (string | number | null)[]): Increment[] => keys.map((k) => ['T', { n: 1 }, { k }]);

/** A promise, and what resolves it. */
function signal(): { readonly given: Promise<void>; give(): void } {
  let give = (): void => {};
  const given = new Promise<void>((resolve) => {
    give = resolve;
  });
  return { given, give: () => give() };
}

/** Resolves when a transaction of MariaDB waits for a lock: its table of transactions is not renewed while it is asked. */
async function blocked(db: Kysely<unknown>): Promise<void> {
  for (;;) {
    const { rows } = await sql<{ Status: string }>`show engine innodb status`.execute(db);
    // An earlier part of the text is about the latest deadlock.
    if (rows[0]?.Status.split('\nTRANSACTIONS\n').at(-1)?.includes('LOCK WAIT')) return;
  }
}

/** What holds while others write the same tables, on servers that run transactions beside each other. */
function raceSuite(open: () => Promise<TestDatabase>): void {
  let database: TestDatabase;
  let db: Kysely<unknown>;
  beforeAll(async () => {
    database = await open();
    db = database.db;
  });
  afterAll(() => database?.[Symbol.asyncDispose]());
  beforeEach(async () => {
    await sql`drop table if exists t, sluice_ledger`.execute(db);
    await sql`create table t (k varchar(20), n integer not null default 0, m integer, unique (k))`.execute(
      db,
    );
  });

  async function rows(): Promise<unknown[]> {
    const { rows } = await sql<Record<string, unknown>>`select k, n from t order by k`.execute(db);
    return rows.map(({ k, n }) => [k, Number(n)]);
  }

  async function sinkFor(options: Partial<KyselySinkOptions> = {}) {
    const sink = kyselySink({ db, models: { T }, ...options });
    await sink.migrate();
    return sink;
  }

  test('a row that somebody inserts after it was looked for is updated, and so is the rest inserted', async () => {
    const keys = ['b', 'd', 'e'];
    const before = async (text: string): Promise<void> => {
      if (!/^insert into .t./.test(text)) return;
      const key = keys.shift();
      if (key !== undefined) await sql`insert into t (k, n) values (${key}, 10)`.execute(db);
    };
    const sink = await sinkFor({ db: database.connect(faulty({ before })) });
    // It is taken apart: else PostgreSQL does both in one statement.
    await sink({ ...(await batchOf(add('a', 'b', 'c', 'd', 'e', 'f'))), attempt: 2 }, context);
    expect(await rows()).toEqual([
      ['a', 1],
      ['b', 11],
      ['c', 1],
      ['d', 11],
      ['e', 11],
      ['f', 1],
    ]);
  });

  test('workers that both find no row for a key of NULL make one', async () => {
    const [both, found] = [signal(), { times: 0 }];
    // Each has looked for the row, and is about to insert it, or to wait for the other.
    const before = async (text: string): Promise<void> => {
      if (!/advisory|on duplicate key update id|^insert into .t./.test(text)) return;
      found.times += 1;
      if (found.times === 2) both.give();
      await both.given;
    };
    await sinkFor();
    const workers = [1, 2].map(() => kyselySink({ db: database.connect(faulty({ before })), models: { T } }));
    const batches = [await batchOf(add(null)), await batchOf(add(null))];
    await Promise.all(workers.map((worker, i) => worker(batches[i] as Batch, context)));
    expect(await rows()).toEqual([[null, 2]]);
  });

  test('a batch that fails leaves others as they are, though what is known of tables is forgotten', async () => {
    await sql`insert into t (k) values ('a')`.execute(db);
    const tooMany = await batchOf([['T', { n: 2 ** 40 }, { k: 'b' }]]);
    let others = 1;
    // The first has been checked, and has not yet looked for its row.
    const before = async (text: string): Promise<void> => {
      if (!/insert into .sluice_ledger./.test(text) || others === 0) return;
      others -= 1;
      await expect(sink(tooMany, context)).rejects.toThrow();
    };
    const sink = await sinkFor({ db: database.connect(faulty({ before })) });
    await sink(await batchOf(add('a')), context);
    expect(others).toBe(0);
    expect(await rows()).toEqual([['a', 1]]);
  });

  test('workers of several models that insert and update the same rows in any order count them all', async () => {
    await sql`insert into t (k) values ('k1')`.execute(db);
    const models = {
      T,
      U: { table: 't', keys: { key: 'k' }, columns: { also: 'n', m: 'm' } },
      V: { table: 't', mode: 'update', keys: ['k'], columns: ['n'] },
    } as const;
    const random = seededRandom(12);
    const keys = Array.from({ length: 40 }, (_, i) => `k${i}`);
    const shuffled = (): string[] => [...keys].sort(() => random() - 0.5);
    const sink = await sinkFor({ models });
    const increments = (): Increment[] => [
      ...shuffled().map((k): Increment => ['T', { n: 1 }, { k }]),
      ...shuffled().map((key): Increment => ['U', random() < 0.5 ? { also: 1 } : { also: 1, m: 1 }, { key }]),
      ...shuffled().map((k): Increment => ['V', { n: 0 }, { k }]),
    ];
    const batches = await Promise.all(Array.from({ length: 12 }, () => batchOf(increments())));
    // A worker that loses too often has its batch delivered again.
    const deliver = async (batch: Batch, times = 10): Promise<unknown> =>
      sink(batch, context).catch((error: unknown) => {
        if (times === 1) throw error;
        return deliver(batch, times - 1);
      });
    await Promise.all(batches.map((batch) => deliver(batch)));
    expect(await rows()).toEqual([...keys].sort().map((key) => [key, 24]));
  });
}

describe('PostgreSQL', () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres({ fsync: 'off', deadlock_timeout: '20ms' });
  });
  afterAll(() => server?.[Symbol.asyncDispose]());
  raceSuite(() => openPostgres(server.url));

  test('a row that somebody inserts while one statement updates and inserts is updated', async () => {
    await using database = await openPostgres(server.url);
    const { db } = database;
    await sql`drop table if exists u`.execute(db);
    await sql`create table u (k text primary key, n integer not null)`.execute(db);
    await sql`insert into u values ('a', 5)`.execute(db);
    const sink = kyselySink({ db, models: { T: { ...T, table: 'u' } } });
    await sink.migrate();
    const batch = await batchOf(add('a', 'b', 'c'));
    const applied = await db.transaction().execute(async (other) => {
      await sql`insert into u values ('b', 10)`.execute(other);
      const delivery = sink(batch, context);
      await expect
        .poll(async () => {
          const { rows } = await sql`
            select from pg_stat_activity where wait_event_type = 'Lock'
          `.execute(db);
          return rows.length;
        })
        .toBe(1);
      return { delivery };
    });
    expect(await applied.delivery).toEqual({ rejected: [] });
    const { rows } = await sql`select k, n from u order by k`.execute(db);
    expect(rows).toEqual([
      { k: 'a', n: 6 },
      { k: 'b', n: 11 },
      { k: 'c', n: 1 },
    ]);
  });

  test('a row that somebody inserts, and removes as soon as it is in the way, is inserted', async () => {
    await using database = await openPostgres(server.url);
    const { db } = database;
    await sql`drop table if exists u`.execute(db);
    await sql`create table u (k text primary key, n integer not null)`.execute(db);
    let inserts = 0;
    const before = async (text: string): Promise<void> => {
      if (/^insert into "u"/.test(text)) inserts += 1;
      if (inserts === 1 && /^insert into "u"/.test(text))
        await sql`insert into u values ('a', 10)`.execute(db);
      if (inserts === 1 && /^select .* join "u"/.test(text)) await sql`delete from u`.execute(db);
    };
    const u = { ...T, table: 'u' };
    const sink = kyselySink({ db: database.connect(faulty({ before })), models: { T: u } });
    await sink.migrate();
    const result = await sink({ ...(await batchOf(add('a'))), attempt: 2 }, context);
    expect(result).toEqual({ rejected: [] });
    expect(inserts).toBe(2);
    const { rows } = await sql`select k, n from u`.execute(db);
    expect(rows).toEqual([{ k: 'a', n: 1 }]);
  });
});

// On Debian: apt-get install mariadb-server
describe.skipIf(!hasMariadb)('MariaDB (skipped where there is no mariadbd)', () => {
  let server: MariadbServer;
  beforeAll(async () => {
    server = await startMariadb();
  });
  afterAll(() => server?.[Symbol.asyncDispose]());
  raceSuite(() => openMysql(server.socket));

  test('a deadlock while a batch is taken apart leaves nothing of the first try', async () => {
    await using database = await openMysql(server.socket);
    const { db } = database;
    await sql`drop table if exists t, ballast, sluice_ledger`.execute(db);
    await sql`create table t (k integer primary key, n integer not null check (n >= 0))`.execute(db);
    await sql`create table ballast (k integer primary key)`.execute(db);
    await sql`insert into t values (1, 0), (2, 0), (3, 0), (4, 0)`.execute(db);
    const locked = signal();
    // The other transaction has written more, so it is the sink's that is ended.
    const other = db.transaction().execute(async (trx) => {
      const ballast = sql.join(Array.from({ length: 200 }, (_, i) => sql`(${sql.lit(i)})`));
      await sql`insert into ballast values ${ballast}`.execute(trx);
      await sql`update t set n = n + 100 where k = 3`.execute(trx);
      locked.give();
      await blocked(db);
      await sql`update t set n = n + 100 where k = 1`.execute(trx);
    });
    const texts: string[] = [];
    const before = (text: string): void => void texts.push(text);
    await locked.given;
    const sink = kyselySink({ db: database.connect(faulty({ before })), models: { T } });
    await sink.migrate();
    const batch = await batchOf([...add(1, 2, 3), ['T', { n: -1 }, { k: 4 }]]);
    const [result] = await Promise.all([sink({ ...batch, attempt: 2 }, context), other]);
    expect(result?.rejected.map(({ index }) => batch.entries[index]?.filters.k)).toEqual([4]);
    expect(texts.filter((text) => text.startsWith('insert into `sluice_ledger`')).length).toBe(2);
    const { rows } = await sql<{ n: number }>`select n from t order by k`.execute(db);
    expect(rows.map(({ n }) => n)).toEqual([101, 1, 101, 0]);
  });
});

describe('SQLite', () => {
  test('models that give new rows different values share a table', async () => {
    await using database = await openSqlite();
    const { db } = database;
    await sql`create table t (k integer primary key, n integer, maker text)`.execute(db);
    const sink = kyselySink({
      db,
      models: { T: { ...T, onInsert: { maker: 'T' } }, U: { ...T, onInsert: { maker: 'U' } } },
    });
    await sink.migrate();
    const batch = await batchOf([...add(1, 2), ['U', { n: 1 }, { k: 2 }], ['U', { n: 1 }, { k: 3 }]]);
    await sink(batch, context);
    const { rows } = await sql`select k, n, maker from t order by k`.execute(db);
    expect(rows).toEqual([
      { k: 1, n: 1, maker: 'T' },
      { k: 2, n: 2, maker: 'T' },
      { k: 3, n: 1, maker: 'U' },
    ]);
  });

  async function opened() {
    const database = await openSqlite();
    await sql`create table t (k integer primary key, n integer)`.execute(database.db);
    await sql`insert into t values (1, 0), (2, 0), (3, 0)`.execute(database.db);
    const sink = kyselySink({ db: database.db, models: { T } });
    await sink.migrate();
    return { database, sink };
  }
  const counts = async ({ db }: TestDatabase): Promise<unknown[]> =>
    (await sql<{ n: number }>`select n from t order by k`.execute(db)).rows.map(({ n }) => n);

  test('a trigger that ends the transaction: nothing of it is kept, and the entries at fault are found in others', async () => {
    const { database, sink } = await opened();
    const { db } = database;
    await sql`
      create trigger ends before update on t when new.n < 0
      begin select raise(rollback, 'below zero'); end
    `.execute(db);
    await sql`
      with recursive s (k) as (select 4 union all select k + 1 from s where k < 40)
      insert into t select k, 0 from s
    `.execute(db);
    const keys = Array.from({ length: 40 }, (_, i) => i + 1);
    const bad = [3, 17, 18];
    const batch = await batchOf(keys.map((k): Increment => ['T', { n: bad.includes(k) ? -1 : 1 }, { k }]));
    await expect(sink(batch, context)).rejects.toThrow(/below zero/);
    expect(await counts(database)).toEqual(keys.map(() => 0));
    const result = await sink({ ...batch, attempt: 2 }, context);
    const rejected = result?.rejected.map(({ index }) => batch.entries[index]?.filters.k);
    expect(new Set(rejected)).toEqual(new Set(bad));
    expect(result?.rejected[0]?.reason).toContain('below zero');
    expect(await counts(database)).toEqual(keys.map((k) => (bad.includes(k) ? 0 : 1)));
    expect(await sink({ ...batch, attempt: 3 }, context)).toEqual(result);
    await database[Symbol.asyncDispose]();
  });

  test('a trigger that ends every transaction is like one that refuses every row', async () => {
    const { database, sink } = await opened();
    const { db } = database;
    for (const how of ['abort', 'rollback']) {
      await sql`create trigger ends before update on t begin select raise(${sql.raw(how)}, 'closed'); end`.execute(
        db,
      );
      for (const increments of [add(1), add(1, 2, 3)]) {
        const batch = await batchOf(increments);
        await expect(sink(batch, context)).rejects.toThrow(/closed/);
        const result = await sink({ ...batch, attempt: 2 }, context);
        expect(result?.rejected).toHaveLength(increments.length);
        expect(await sink({ ...batch, attempt: 3 }, context)).toEqual(result);
      }
      await sql`drop trigger ends`.execute(db);
    }
    expect(await counts(database)).toEqual([0, 0, 0]);
    await database[Symbol.asyncDispose]();
  });

  test.each(['rollback', 'ignore', 'replace', 'fail'])(
    'what the table does on a conflict (%s) is not done for entries that turn out to be for one row',
    async (resolution) => {
      await using database = await openSqlite();
      const { db } = database;
      await sql`
        create table t (
          k text collate nocase primary key on conflict ${sql.raw(resolution)},
          n integer,
          once integer unique on conflict ${sql.raw(resolution)}
        )
      `.execute(db);
      const sink = kyselySink({ db, models: { T: { table: 't' } } });
      await sink.migrate();
      const batch = await batchOf([
        ['T', { n: 1 }, { k: 'a' }],
        ['T', { n: 10 }, { k: 'A' }],
        ['T', { once: 1 }, { k: 'b' }],
      ]);
      await sink(batch, context);
      const clash = await batchOf([
        ['T', { n: 1, once: 1 }, { k: 'a' }],
        ['T', { n: 5 }, { k: 'b' }],
      ]);
      await expect(sink(clash, context)).rejects.toThrow(/UNIQUE/);
      const result = await sink({ ...clash, attempt: 2 }, context);
      expect(result?.rejected.map(({ index }) => index)).toEqual([0]);
      const { rows } = await sql`select lower(k) as k, n, once from t order by k`.execute(db);
      expect(rows).toEqual([
        { k: 'a', n: 11, once: null },
        { k: 'b', n: 5, once: 1 },
      ]);
    },
  );

  test('a batch whose row in the ledger is gone before the commit is not kept', async () => {
    const { database, sink } = await opened();
    await sql`create trigger cleans after update on t begin delete from sluice_ledger; end`.execute(
      database.db,
    );
    await expect(sink(await batchOf(add(1)), context)).rejects.toThrow(
      /in the ledger 0 times before the commit/,
    );
    expect(await counts(database)).toEqual([0, 0, 0]);
    await database[Symbol.asyncDispose]();
  });

  test('a batch without any table is in the ledger all the same', async () => {
    const { database, sink } = await opened();
    const batch = await batchOf([['Unknown', { n: 1 }, { k: 1 }]]);
    const first = await sink(batch, { ...context, ageMs: 3_600_000 });
    expect(first?.rejected).toHaveLength(1);
    const other = kyselySink({ db: database.db, models: { Unknown: T } });
    expect(await other(batch, context)).toEqual(first);
    expect(await counts(database)).toEqual([0, 0, 0]);
    await database[Symbol.asyncDispose]();
  });
});
