import { SinkUnavailableError } from '@sluice/core';
import { hasMariadb, type MariadbServer, startMariadb } from '@sluice/test-servers';
import {
  CompiledQuery,
  type DatabaseConnection,
  DummyDriver,
  Kysely,
  MysqlAdapter,
  MysqlDialect,
  MysqlIntrospector,
  MysqlQueryCompiler,
  type QueryResult,
  sql,
} from 'kysely';
import { createPool } from 'mysql2';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { kyselySink } from '../src/index.js';
import { batchOf, context, type Increment } from './support/batches.js';
import { openMysql, type TestDatabase } from './support/databases.js';
import { faulty, oneLine } from './support/faults.js';
import { sinkSuite } from './support/suite.js';

/** A database that has no rows but those of the ledger, and keeps what it was sent, apart from questions about its tables. */
function recording(): { db: Kysely<unknown>; statements: { sql: string; parameters: readonly unknown[] }[] } {
  const statements: { sql: string; parameters: readonly unknown[] }[] = [];
  const db = new Kysely<unknown>({
    dialect: {
      createAdapter: () => new MysqlAdapter(),
      createDriver: () => new LedgerDriver(),
      createIntrospector: (inner) => new MysqlIntrospector(inner),
      createQueryCompiler: () => new MysqlQueryCompiler(),
    },
    log: ({ query: { sql, parameters } }) => {
      if (!sql.includes('information_schema')) statements.push({ sql: oneLine(sql), parameters });
    },
  });
  return { db, statements };
}

class LedgerDriver extends DummyDriver {
  override async acquireConnection(): Promise<DatabaseConnection> {
    const connection = await super.acquireConnection();
    return {
      streamQuery: (...query) => connection.streamQuery(...query),
      async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
        const rows = query.sql.startsWith('select id from `sluice_ledger`')
          ? [{ id: query.parameters[0] }]
          : [];
        return { rows: rows as R[] };
      },
    };
  }
}

const INCREMENTS: Increment[] = [
  ['Page', { views: 2 }, { path: '/b' }, { title: 'B', json: { a: [1] } }],
  ['Page', { views: 1 }, { path: '/a' }, { title: 'A', json: { a: [2] } }],
];

describe('what MySQL gets', () => {
  test('is a question for the rows that are there, and an insert of the others, every value a parameter', async () => {
    const { db, statements } = recording();
    const sink = kyselySink({ db, models: { Page: { table: 'pages' } } });
    await sink(
      await batchOf([...INCREMENTS, ['Page', { views: 3 }, { path: '/c' }]], { id: '0-a' }),
      context,
    );
    const texts = statements.map(({ sql }) => sql).filter((text) => /pages|guard/.test(text));
    expect(texts).toEqual([
      [
        'select case when `t`.`path` = ? then 0 when `t`.`path` = ? then 1 when `t`.`path` = ? then 2 end as ord,',
        "concat_ws(',', coalesce(hex(concat(`t`.`path`)), 'null')) as found",
        'from `pages` as t where (`t`.`path` = ?) or (`t`.`path` = ?) or (`t`.`path` = ?) order by `t`.`path` for update',
      ].join(' '),
      // Nothing is known of this table: it may have no unique index.
      expect.stringContaining('on duplicate key update id = id'),
      expect.stringContaining('for update'),
      'insert into `pages` (`path`, `json`, `title`, `views`) values (?, ?, ?, ?), (?, ?, ?, ?)',
      'insert into `pages` (`path`, `views`) values (?, ?)',
      // It may take two of the rows for the same.
      expect.stringContaining('for update'),
    ]);
    expect(statements.find(({ sql }) => sql.includes('`json`'))?.parameters).toEqual([
      '/a',
      '{"a":[2]}',
      'A',
      1,
      '/b',
      '{"a":[1]}',
      'B',
      2,
    ]);
  });

  test('sets the session for its transaction, and gives it back as it was', async () => {
    const { db, statements } = recording();
    const sink = kyselySink({ db, models: { Page: { table: 'pages' } }, timeoutMs: 1500 });
    await sink(await batchOf(INCREMENTS), context);
    const texts = statements.map(({ sql }) => sql);
    const [first = '', last = ''] = texts.filter((text) => text.startsWith('set'));
    expect(texts[0]).toBe(first);
    expect(first).toContain('@sluice_innodb_lock_wait_timeout = @@session.innodb_lock_wait_timeout');
    expect(first).toContain('session innodb_lock_wait_timeout = 2');
    const kept = [...first.matchAll(/(@sluice_(\w+)) = @@session\.\2/g)];
    expect(first).toContain('session wait_timeout = 2');
    expect(kept).toHaveLength(8);
    expect(last).toBe(`set ${kept.map(([, variable, name]) => `session ${name} = ${variable}`).join(', ')}`);
  });

  test('has no name with a question mark, which mysql2 would fill with a value', async () => {
    const { db, statements } = recording();
    const sink = kyselySink({ db, models: { Page: { table: 'pages' } } });
    const result = await sink(await batchOf([['Page', { 'a?b': 1 }, { path: '/a' }]]), context);
    expect(result?.rejected.map(({ reason }) => reason)).toEqual([
      'Model "Page": the column "a?b" has a question mark.',
    ]);
    expect(statements.filter(({ sql }) => sql.includes('pages'))).toEqual([]);
  });
});

// On Debian: apt-get install mariadb-server
describe.skipIf(!hasMariadb)('on MariaDB (skipped where there is no mariadbd)', () => {
  let server: MariadbServer;
  beforeAll(async () => {
    server = await startMariadb();
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  describe('on any database', () => sinkSuite(() => openMysql(server.socket)));

  describe('on MariaDB', () => {
    let database: TestDatabase;
    beforeAll(async () => {
      database = await openMysql(server.socket);
    });
    afterAll(() => database?.[Symbol.asyncDispose]());
    beforeEach(async () => {
      await sql`drop table if exists t, sluice_ledger`.execute(database.db);
    });

    test('keys that only the database knows to be equal are all counted', async () => {
      const { db } = database;
      await sql`create table t (name varchar(20) collate utf8mb4_general_ci primary key, n bigint)`.execute(
        db,
      );
      for (const mode of ['upsert', 'update'] as const) {
        const sink = kyselySink({ db, models: { T: { table: 't', mode } } });
        await sink.migrate();
        await sink(
          await batchOf([
            ['T', { n: 1 }, { name: 'a' }],
            ['T', { n: 10 }, { name: 'A' }],
          ]),
          context,
        );
      }
      expect((await sql`select n from t`.execute(db)).rows).toEqual([{ n: 22 }]);
    });

    test.each(['abcdef', '語', '😀'])(
      'a key that its column cannot hold counts in no other row: %s',
      async (name) => {
        const { db } = database;
        await sql`create table t (name varchar(5) character set latin1 primary key, n bigint)`.execute(db);
        await sql`insert into t values ('abcde', 0), ('?', 0), ('??', 0), ('????', 0)`.execute(db);
        const sink = kyselySink({ db, models: { T: { table: 't' } } });
        await sink.migrate();
        const batch = await batchOf([
          ['T', { n: 1 }, { name }],
          ['T', { n: 1 }, { name: 'abcd' }],
        ]);
        await expect(sink(batch, context)).rejects.toThrow(/Data too long|Illegal mix of collations/);
        const result = await sink({ ...batch, attempt: 2 }, context);
        expect(result?.rejected).toHaveLength(1);
        expect((await sql`select name from t where n <> 0`.execute(db)).rows).toEqual([{ name: 'abcd' }]);
      },
    );

    test('the session is as it was before, after a batch that failed, too', async () => {
      // Its connection stays as it is set here.
      await using own = await openMysql(server.socket);
      const { db } = own;
      await sql`create table t (id integer primary key, n integer)`.execute(db);
      const names = [
        'sql_mode',
        'time_zone',
        'sql_auto_is_null',
        'sql_select_limit',
        'sql_safe_updates',
        'unique_checks',
      ];
      const settings = (one: Kysely<unknown>) =>
        sql.raw(`select ${names.map((name) => `@@session.${name} as ${name}`).join()}`).execute(one);
      await db.connection().execute(async (one) => {
        await sql`
          set
            sql_mode = 'NO_BACKSLASH_ESCAPES', time_zone = '-03:00', sql_auto_is_null = 1, sql_select_limit = 7,
            sql_safe_updates = 1, unique_checks = 0
        `.execute(one);
        const before = await settings(one);
        const sink = kyselySink({ db: one, models: { T: { table: 't' } } });
        await sink.migrate();
        await sink(await batchOf([['T', { n: 1 }, { id: 1 }]]), context);
        expect((await settings(one)).rows).toEqual(before.rows);
        await expect(sink(await batchOf([['T', { nope: 1 }, { id: 1 }]]), context)).rejects.toThrow('nope');
        expect((await settings(one)).rows).toEqual(before.rows);
      });
    });

    test('a session whose settings cannot be put back is closed, and what it did comes again', async () => {
      const { db } = database;
      await sql`create table t (id integer primary key, n integer)`.execute(db);
      let fails = true;
      const before = (text: string): void => {
        if (fails && /^set session .* = @sluice_/.test(text)) throw new Error('interrupted');
      };
      const pool = createPool({
        socketPath: server.socket,
        user: 'root',
        database: 'test',
        connectionLimit: 1,
      });
      pool.on('connection', (connection) => void connection.on('error', () => {}));
      const one = new Kysely<unknown>({ dialect: faulty({ before })(new MysqlDialect({ pool })) });
      const session = async () =>
        (await sql`select connection_id() as id, @@session.sql_mode as mode`.execute(one)).rows[0];
      const first = await session();
      const sink = kyselySink({ db: one, models: { T: { table: 't' } } });
      await sink.migrate();
      const batch = await batchOf([['T', { n: 1 }, { id: 1 }]]);
      await expect(sink(batch, context)).rejects.toBeInstanceOf(SinkUnavailableError);
      fails = false;
      const next = await session();
      expect(next).toEqual({ id: expect.anything(), mode: (first as { mode: string }).mode });
      expect(next).not.toEqual(first);
      await sink({ ...batch, attempt: 2 }, context);
      expect((await sql`select n from t`.execute(db)).rows).toEqual([{ n: 1 }]);
      await one.destroy();
    });

    test('what is asked about a table opens no other one, however many the server has', async () => {
      const { db } = database;
      await sql`create table t (id integer primary key, n integer, twice integer as (n * 2))`.execute(db);
      await sql`create or replace view v as select id, n from t`.execute(db);
      const questions: CompiledQuery[] = [];
      const pool = createPool({ socketPath: server.socket, user: 'root', database: 'test' });
      const asking = new Kysely<unknown>({
        dialect: new MysqlDialect({ pool }),
        log: ({ query }) => {
          if (query.sql.includes('information_schema')) questions.push(query);
        },
      });
      const models = { T: { table: 't' }, V: { table: 'v', keys: ['id'], columns: ['n'] } };
      const sink = kyselySink({ db: asking, models });
      await sink.migrate();
      await sink(await batchOf([['T', { n: 1 }, { id: 1 }]]), context);
      await sink(await batchOf([['V', { n: 1 }, { id: 1 }]]), context);
      await asking.destroy();

      expect(questions.length).toBeGreaterThan(4);
      for (const { sql: text, parameters } of questions) {
        const { rows } = await db.executeQuery<{ Extra: string }>(
          CompiledQuery.raw(`explain ${text}`, [...parameters]),
        );
        expect(rows.map(({ Extra }) => Extra).join()).not.toContain('Scanned all databases');
      }
      await sql`drop view v`.execute(db);
      expect((await sql`select n from t`.execute(db)).rows).toEqual([{ n: 2 }]);
    });

    test('many workers on the same rows all count', async () => {
      const { db } = database;
      await sql`create table t (id bigint primary key, n bigint)`.execute(db);
      const ids = Array.from({ length: 20 }, (_, id) => id);
      const batches = await Promise.all(
        Array.from({ length: 10 }, () => batchOf(ids.map((id): Increment => ['T', { n: 1 }, { id }]))),
      );
      const sink = kyselySink({ db, models: { T: { table: 't' } } });
      await sink.migrate();
      await Promise.all([...batches, ...batches].map((batch) => sink(batch, context)));
      const { rows } = await sql<{ n: number }>`select n from t`.execute(db);
      expect(rows.map(({ n }) => n)).toEqual(ids.map(() => 10));
    });
  });
});
