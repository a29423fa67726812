import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { betterSqlite3 } from '@sluice/test-servers';
import { Kysely, type SqliteDatabase, SqliteDialect, sql } from 'kysely';
import Database from 'libsql';
import { afterAll, describe, expect, test } from 'vitest';
import { kyselySink, migrateLedger } from '../src/index.js';
import { batchOf, context, type Increment } from './support/batches.js';
import { openBetterSqlite, openSqlite } from './support/databases.js';
import { faulty } from './support/faults.js';
import { sinkSuite } from './support/suite.js';

describe('on any database: libSQL', () => sinkSuite(openSqlite));

describe.skipIf(betterSqlite3 === undefined)(
  'on any database: better-sqlite3 (skipped where there is no binary of it)',
  () => sinkSuite(openBetterSqlite),
);

describe('on SQLite', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-sqlite-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const open = () => new Database(join(folder, 'db'));

  test('a file that another process has locked is tried again, and then later', async () => {
    const other = open();
    let tries = 0;
    const before = (text: string): void => {
      if (text.startsWith('insert into "sluice_ledger"')) tries += 1;
    };
    const connect = (): Kysely<unknown> =>
      new Kysely({
        dialect: faulty({ before })(new SqliteDialect({ database: open() as unknown as SqliteDatabase })),
      });
    const [db, later] = [connect(), connect()];
    const models = { T: { table: 't' } };
    await migrateLedger(db);
    await sql`create table t (id integer primary key, n integer)`.execute(db);
    const batch = await batchOf([['T', { n: 1 }, { id: 1 }]]);
    other.exec('begin immediate');
    await expect(kyselySink({ db, models })({ ...batch, attempt: 9 }, context)).rejects.toMatchObject({
      code: 'ERR_SLUICE_SINK_UNAVAILABLE',
      cause: { code: 'SQLITE_BUSY' },
    });
    expect(tries).toBe(6);
    other.exec('commit');
    // libsql leaves a statement that failed open, so that this connection could not commit.
    await kyselySink({ db: later, models })({ ...batch, attempt: 10 }, context);
    expect((await sql`select n from t`.execute(later)).rows).toEqual([{ n: 1 }]);
    await db.destroy();
    await later.destroy();
    other.close();
  });

  test('entries of more shapes than are remembered add up, in one statement for each set of columns', async () => {
    const texts: string[] = [];
    await using database = await openSqlite();
    const db = database.connect(faulty({ before: (text) => void texts.push(text) }));
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    const columns = names.map((name) => `${name} integer`).join(', ');
    await sql`create table t (id integer primary key, ${sql.raw(columns)})`.execute(db);
    const sink = kyselySink({ db, models: { T: { table: 't' } } });
    await sink.migrate();
    texts.length = 0;
    const subset = (id: number): string[] => names.filter((_, bit) => (id >> bit) & 1);
    const increments = Array.from({ length: 512 }, (_, i): Increment => {
      const given = i < 256 ? subset(i) : subset(i - 256).reverse();
      return ['T', Object.fromEntries(given.map((name) => [name, i + 1])), { id: i }];
    });
    await sink(await batchOf(increments), context);
    expect(texts.filter((text) => text.includes('into "t"'))).toHaveLength(256);
    const { rows } = await sql<Record<string, number>>`select * from t order by id`.execute(db);
    const expected = increments.map(([, given], id) => ({
      id,
      ...Object.fromEntries(names.map((name) => [name, given[name] ?? null])),
    }));
    expect(rows).toEqual(expected);
    await db.destroy();
  });

  test('bigints beyond 64 bits, which it would round, are rejected', async () => {
    await using database = await openSqlite();
    const { db } = database;
    await sql`create table t (id integer primary key, n integer)`.execute(db);
    const sink = kyselySink({ db, models: { T: { table: 't' } } });
    await sink.migrate();
    const result = await sink(await batchOf([['T', { n: 1 }, { id: 2n ** 63n }]]), context);
    expect(result?.rejected.map(({ reason }) => reason)).toEqual([
      'Model "T": the filter "id" cannot be stored: 9223372036854775808 does not fit into the 64 bits of an integer of SQLite.',
    ]);
  });

  test('a dead letter says what is wrong with a decimal', async () => {
    await using database = await openSqlite();
    const { db } = database;
    await sql`create table t (id integer primary key, n text)`.execute(db);
    await sql`insert into t values (1, 'ten'), (2, '92233720368547758.07'), (3, '1')`.execute(db);
    const models = { T: { table: 't', columns: { n: { scale: 2 } } } };
    const sink = kyselySink({ db, models });
    await sink.migrate();
    const batch = await batchOf([1, 2, 3].map((id): Increment => ['T', { n: 1 }, { id }]));
    await expect(sink(batch, context)).rejects.toThrow();
    const result = await sink({ ...batch, attempt: 2 }, context);
    expect(result?.rejected.map(({ reason }) => reason)).toEqual([
      expect.stringContaining('the column "n" has "ten", which is no decimal of 2 digits after the point'),
      expect.stringContaining('the column "n" has "92233720368547758.07", and the sum is past 64 bits'),
    ]);
    expect((await sql`select n from t where id = 3`.execute(db)).rows).toEqual([{ n: '1.01' }]);
  });
});
