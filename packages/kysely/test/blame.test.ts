import { createBuffer } from '@sluice/core';
import { memory } from '@sluice/memory';
import {
  hasMariadb,
  type MariadbServer,
  type PostgresServer,
  startMariadb,
  startPostgres,
} from '@sluice/test-servers';
import { manualClock } from '@sluice/testing';
import { type Kysely, sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type KyselySink, type KyselySinkOptions, kyselySink } from '../src/index.js';
import { batchOf, context, type Increment } from './support/batches.js';
import { openMysql, openPglite, openPostgres, openSqlite, type TestDatabase } from './support/databases.js';

const HOUR_MS = 3_600_000;

const T = { table: 't', keys: ['k'], columns: ['n'] } as const;
const U = { table: 'u', keys: ['k'], columns: ['n', 'm'] } as const;
const add = (...keys: number[]): Increment[] => keys.map((k) => ['T', { n: 1 }, { k }]);

/** Triggers that a database runs for each new row of `t`. */
interface Language {
  readonly prepare?: string;
  /** Refuses the key 13. */
  readonly refusing: readonly string[];
  /** Writes to `log`. */
  readonly logging: readonly string[];
}

/** Whose fault it is that a batch fails, on any database. */
function blameSuite(open: () => Promise<TestDatabase>, { prepare, refusing, logging }: Language): void {
  let database: TestDatabase;
  let db: Kysely<unknown>;
  beforeAll(async () => {
    database = await open();
    db = database.db;
    if (prepare !== undefined) await run(prepare);
  });
  afterAll(() => database?.[Symbol.asyncDispose]());
  beforeEach(async () => {
    await run(
      'drop table if exists t',
      'drop table if exists u',
      'drop table if exists log',
      'drop table if exists parents',
      'drop table if exists sluice_ledger',
      'create table parents (id integer primary key)',
      'insert into parents values (1), (2)',
      'create table t (k integer primary key, n integer not null default 0)',
    );
  });

  async function run(...statements: string[]): Promise<void> {
    for (const statement of statements) await sql.raw(statement).execute(db);
  }

  async function sinkFor(options: Partial<KyselySinkOptions> = {}): Promise<KyselySink> {
    const sink = kyselySink({ db, models: { T }, ...options });
    await sink.migrate();
    return sink;
  }

  async function rows(table = 't'): Promise<unknown[]> {
    const { rows } = await sql<Record<string, unknown>>`select * from ${sql.id(table)} order by 1`.execute(
      db,
    );
    return rows.map((row) => Object.values(row).map((value) => (value === null ? null : Number(value))));
  }

  async function ledger(): Promise<unknown[]> {
    return (await sql`select id from sluice_ledger`.execute(db)).rows;
  }

  async function waits(sink: KyselySink, increments: readonly Increment[], code: string): Promise<void> {
    for (const attempt of [1, 2, 9]) {
      await expect(sink(await batchOf(increments, { attempt }), context)).rejects.toMatchObject({
        name: 'SinkUnavailableError',
        code,
      });
    }
    expect(await ledger()).toEqual([]);
  }

  describe('an entry', () => {
    beforeEach(() =>
      run(
        'drop table t',
        'create table t (k integer primary key, n integer not null default 0, foreign key (k) references parents (id))',
      ),
    );

    // A counter of an account that was deleted.
    test('whose parent is gone is set apart within seconds, though it is alone in its batch', async () => {
      const clock = manualClock();
      const sink = await sinkFor();
      const options = { sink, partitions: 1, clock, logger: context.logger };
      const buffer = createBuffer({ backend: memory({ clock }), ...options });
      await buffer.incr('T', { n: 1 }, { k: 82_210 });
      await buffer.processPending();
      await buffer.incr('T', { n: 1 }, { k: 1 });
      for (let ms = 0; ms < 3000; ms += 100) {
        await clock.advance(100);
        await buffer.processPending();
      }
      expect(await buffer.stats()).toMatchObject({ pending: 0, claimed: 0 });
      expect((await buffer.deadLetters.list()).map(({ entry }) => entry?.filters)).toEqual([{ k: 82_210 }]);
      expect(await rows()).toEqual([[1, 1]]);
      await buffer.close();
    });

    test('whose parent comes with the same batch finds it, whichever table comes first', async () => {
      await run(
        'drop table t',
        'create table u (k integer primary key, n integer, m integer)',
        'create table t (k integer primary key, n integer, foreign key (k) references u (k))',
      );
      const sink = await sinkFor({ models: { T, U } });
      const parent: Increment = ['U', { n: 1 }, { k: 7 }];
      const batch = await batchOf([parent, ...add(7, 8)], { attempt: 2 });
      expect((await sink(batch, context))?.rejected.map(({ index }) => index)).toEqual([2]);
      expect(await rows()).toEqual([[7, 1]]);
    });

    test('is set apart when all entries of its batch are at fault', async () => {
      const sink = await sinkFor();
      const batch = await batchOf(add(7, 8, 9));
      await expect(sink(batch, context)).rejects.toThrow(/foreign key/i);
      const result = await sink({ ...batch, attempt: 2 }, context);
      expect(result?.rejected).toHaveLength(3);
      expect(await ledger()).toHaveLength(1);
      expect(await sink({ ...batch, attempt: 3 }, context)).toEqual(result);
    });

    test('of an update is set apart, too', async () => {
      await run('drop table t', 'create table t (k integer primary key, n integer check (n < 5))');
      await run('insert into t values (1, 4)');
      const sink = await sinkFor({ models: { T: { ...T, mode: 'update' } } });
      const result = await sink(await batchOf(add(1), { attempt: 2 }), context);
      expect(result?.rejected).toHaveLength(1);
      expect(await rows()).toEqual([[1, 4]]);
    });

    test('that a trigger refuses is set apart, alone or among others', async () => {
      await run('drop table t', 'create table t (k integer primary key, n integer not null default 0)');
      await run(...refusing);
      const sink = await sinkFor();
      const alone = await sink(await batchOf(add(13), { attempt: 2 }), context);
      expect(alone?.rejected).toEqual([{ index: 0, reason: expect.stringContaining('unlucky') }]);
      const among = await sink(await batchOf(add(13, 1, 2), { attempt: 2 }), context);
      expect(among?.rejected).toHaveLength(1);
      expect(await rows()).toEqual([
        [1, 1],
        [2, 1],
      ]);
    });
  });

  describe('the batch waits whole', () => {
    test('while the table that a trigger writes to is missing', async () => {
      await run('create table log (k integer)');
      await run(...logging);
      await run('drop table log');
      const sink = await sinkFor();
      await waits(sink, add(1), 'ERR_SLUICE_SINK_SETUP');
      await waits(sink, add(1, 2, 3), 'ERR_SLUICE_SINK_SETUP');
      // No age makes it the fault of the entries.
      const old = { ...context, ageMs: 100 * HOUR_MS };
      await expect(sink(await batchOf(add(1), { attempt: 9 }), old)).rejects.toMatchObject({
        code: 'ERR_SLUICE_SINK_SETUP',
        message: expect.stringContaining('log'),
      });
      await run('create table log (k integer)');
      await sink(await batchOf(add(1), { attempt: 10 }), context);
      expect(await rows()).toEqual([[1, 1]]);
    });

    test('while one of its tables, and then a column, is missing, until a migration has made it', async () => {
      const sink = await sinkFor({ models: { T, U } });
      const increments: Increment[] = [...add(1), ['U', { n: 1, m: 1 }, { k: 1 }]];
      await waits(sink, increments, 'ERR_SLUICE_SINK_SETUP');
      await run('create table u (k integer primary key, n integer not null default 0)');
      await waits(sink, increments, 'ERR_SLUICE_SINK_SETUP');
      await expect(sink(await batchOf(increments, { attempt: 9 }), context)).rejects.toThrow(
        /there is no column "m": add it.*The batch waits for a migration, until it is 3600000 ms old/,
      );
      await run('alter table u add m integer');
      await sink(await batchOf(increments, { attempt: 10 }), context);
      expect([await rows(), await rows('u')]).toEqual([[[1, 1]], [[1, 1, 1]]]);
    });

    test('while a table is there without the column that a new release counts, without one delivery too many', async () => {
      const sink = await sinkFor({ models: { T: { table: 't' } } });
      await sink(await batchOf(add(1)), context);
      await run('alter table t add m integer');
      await sink(await batchOf([['T', { m: 2 }, { k: 1 }]]), context);
      expect(await rows()).toEqual([[1, 1, 2]]);
    });

    // A worker of the release before, while a new one is rolled out.
    test.each<[string, Increment, KyselySinkOptions['models']]>([
      ['model', ['U', { n: 1 }, { k: 1 }], { U: T }],
      ['column', ['T', { views: 1 }, { k: 1 }], { T: { ...T, columns: { views: 'n' } } }],
      ['filter', ['T', { n: 1 }, { key: 1 }], { T: { ...T, keys: { key: 'k' } } }],
      ['extra', ['T', { n: 1 }, { k: 1 }, { at: 5 }], { T: { ...T, extra: { at: 'm' } } }],
    ])(
      'while its worker does not know this %s, until one that does takes it',
      async (what, increment, models) => {
        await run('alter table t add m integer');
        const old = await sinkFor({ models: { T: { ...T, extra: [] } } });
        await waits(old, [increment], 'ERR_SLUICE_SINK_UNKNOWN');
        const batch = await batchOf([increment]);
        const name = what === 'model' ? 'The model "U" has no table' : `the ${what} ".*" is not mapped`;
        await expect(old(batch, context)).rejects.toThrow(
          new RegExp(`${name}.* It waits for a newer worker, until it is 3600000 ms old`),
        );
        const next = kyselySink({ db, models });
        expect(await next({ ...batch, attempt: 2 }, context)).toEqual({ rejected: [] });
        // The acknowledgement was lost, and the old worker has it again.
        expect(await old({ ...batch, attempt: 3 }, context)).toEqual({ rejected: [] });
        expect(await rows()).toEqual([[1, 1, what === 'extra' ? 5 : null]]);
      },
    );
  });

  describe('after unknownAfterMs', () => {
    const increments: Increment[] = [
      ...add(1),
      ['Nope', { n: 1 }, { k: 1 }],
      ['T', { nope: 1 }, { k: 2 }],
      ['U', { n: 1 }, { k: 3 }],
      ['V', { n: 1, m: 1 }, { k: 4 }],
      ['V', { n: 1 }, { k: 5 }],
    ];
    const models = { T, U, V: { table: 't', keys: ['k'], columns: ['n', 'm'] } } as const;

    test('only what is still unknown becomes dead letters, and the rest is applied, once', async () => {
      const sink = await sinkFor({ models });
      const batch = await batchOf(increments);
      const at = (ageMs: number) => ({ ...context, ageMs });
      await expect(sink(batch, at(HOUR_MS - 1))).rejects.toMatchObject({ code: 'ERR_SLUICE_SINK_UNKNOWN' });
      const result = await sink({ ...batch, attempt: 2 }, at(HOUR_MS));
      const reasons = result?.rejected.map(({ index, reason }) => [batch.entries[index]?.model, reason]);
      expect(reasons?.sort()).toEqual([
        ['Nope', expect.stringContaining('The model "Nope" has no table')],
        ['T', expect.stringContaining('the column "nope" is not mapped')],
        ['U', expect.stringContaining('there is no table "u"')],
        ['V', expect.stringContaining('there is no column "m"')],
      ]);
      expect(await rows()).toEqual([
        [1, 1],
        [5, 1],
      ]);
      expect(await sink({ ...batch, attempt: 3 }, context)).toEqual(result);
      expect(await ledger()).toHaveLength(1);
    });

    test('may be at once, and the time may differ', async () => {
      const batch = await batchOf(increments);
      const result = await (await sinkFor({ models, unknownAfterMs: 0 }))(batch, context);
      expect(result?.rejected).toHaveLength(4);
      const sink = await sinkFor({ models, unknownAfterMs: 5 });
      const next = await batchOf(increments);
      await expect(sink(next, { ...context, ageMs: 4 })).rejects.toMatchObject({
        code: 'ERR_SLUICE_SINK_UNKNOWN',
      });
      expect((await sink(next, { ...context, ageMs: 5 }))?.rejected).toHaveLength(4);
    });

    test('what a migration has made meanwhile is applied', async () => {
      const sink = await sinkFor({ models });
      const late: Increment[] = [['U', { n: 1 }, { k: 3 }]];
      await waits(sink, late, 'ERR_SLUICE_SINK_SETUP');
      await run('create table u (k integer primary key, n integer, m integer)');
      const batch = await batchOf(late, { attempt: 9 });
      expect(await sink(batch, { ...context, ageMs: 2 * HOUR_MS })).toEqual({ rejected: [] });
      expect(await rows('u')).toEqual([[3, 1, null]]);
    });

    test('a batch of unknown entries alone is in the ledger', async () => {
      const sink = await sinkFor({ models });
      for (const increment of increments.slice(1, 5)) {
        const batch = await batchOf([increment]);
        const result = await sink(batch, { ...context, ageMs: HOUR_MS });
        expect(result?.rejected).toHaveLength(1);
        // Another release that knows the name has it again.
        const next = kyselySink({ db, models: { ...models, Nope: T } });
        expect(await next(batch, context)).toEqual(result);
      }
      expect(await ledger()).toHaveLength(4);
      expect(await rows()).toEqual([]);
    });
  });
}

const POSTGRES: Language = {
  refusing: [
    `create or replace function refuse() returns trigger language plpgsql as
      $$ begin if new.k = 13 then raise exception 'unlucky'; end if; return new; end $$`,
    'create trigger refuse before insert on t for each row execute function refuse()',
  ],
  logging: [
    `create or replace function write_log() returns trigger language plpgsql as
      $$ begin insert into log values (new.k); return new; end $$`,
    'create trigger write_log before insert on t for each row execute function write_log()',
  ],
};

const SQLITE: Language = {
  prepare: 'pragma foreign_keys = on',
  refusing: [
    "create trigger refuse before insert on t when new.k = 13 begin select raise(abort, 'unlucky'); end",
  ],
  logging: ['create trigger write_log before insert on t begin insert into log values (new.k); end'],
};

const MARIADB: Language = {
  refusing: [
    `create trigger refuse before insert on t for each row
      if new.k = 13 then signal sqlstate '42000' set message_text = 'unlucky'; end if`,
  ],
  logging: ['create trigger write_log before insert on t for each row insert into log values (new.k)'],
};

describe('SQLite', () => {
  blameSuite(openSqlite, SQLITE);

  test('a foreign key that waits until the commit sets its entry apart, and no other', async () => {
    await using database = await openSqlite();
    for (const statement of [
      'pragma foreign_keys = off',
      'create table parents (id integer primary key)',
      'insert into parents values (1)',
      'create table t (k integer primary key references parents deferrable initially deferred, n integer)',
      'insert into t values (7, 0)',
      'pragma foreign_keys = on',
    ]) {
      await sql.raw(statement).execute(database.db);
    }
    const sink = kyselySink({ db: database.db, models: { T } });
    await sink.migrate();
    const batch = await batchOf(add(1, 2, 7));
    await expect(sink(batch, context)).rejects.toThrow(/FOREIGN KEY/);
    expect(await sink({ ...batch, attempt: 2 }, context)).toEqual({
      rejected: [{ index: 1, reason: 'FOREIGN KEY constraint failed' }],
    });
    expect((await sql`select k, n from t order by k`.execute(database.db)).rows).toEqual([
      { k: 1, n: 1 },
      { k: 7, n: 1 },
    ]);
  });
});

describe('PGlite', () => blameSuite(openPglite, POSTGRES));

describe('PostgreSQL', () => {
  let server: PostgresServer;
  let owner: TestDatabase;
  let guest: TestDatabase;
  beforeAll(async () => {
    server = await startPostgres({ fsync: 'off' });
    owner = await openPostgres(server.url);
    await sql`create role guest login password 'guest'`.execute(owner.db);
    guest = await openPostgres(server.url.replace('postgres:postgres@', 'guest:guest@'));
  });
  afterAll(async () => {
    await guest?.[Symbol.asyncDispose]();
    await owner?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
  });

  describe('as any database', () => blameSuite(() => openPostgres(server.url), POSTGRES));

  describe('with a user', () => {
    beforeEach(async () => {
      for (const statement of [
        'drop table if exists t, u, parents, sluice_ledger cascade',
        'create table t (k integer primary key, n bigint not null default 0)',
        'create table u (k integer primary key, n bigint not null default 0, m bigint)',
      ]) {
        await sql.raw(statement).execute(owner.db);
      }
      await kyselySink({ db: owner.db, models: {} }).migrate();
      await sql`grant all on t, sluice_ledger to guest`.execute(owner.db);
    });

    async function count(table: string): Promise<unknown[]> {
      const { rows } = await sql<{ n: string }>`select n from ${sql.id(table)} order by k`.execute(owner.db);
      return rows.map(({ n }) => Number(n));
    }

    test('who lacks rights to one of two tables for a while, and not to the other', async () => {
      const sink = kyselySink({ db: guest.db, models: { T, U } });
      const batch = await batchOf([...add(1), ['U', { n: 1 }, { k: 1 }]]);
      for (const [attempt, ageMs] of [
        [1, 0],
        [2, 1000],
        [9, 99 * HOUR_MS],
      ] as const) {
        await expect(sink({ ...batch, attempt }, { ...context, ageMs })).rejects.toMatchObject({
          name: 'SinkUnavailableError',
          code: 'ERR_SLUICE_SINK_DENIED',
          message: expect.stringContaining(
            'Model "U", table "u": the user "guest" lacks the right to select',
          ),
        });
      }
      expect([await count('t'), await count('u')]).toEqual([[], []]);
      await sql`grant all on u to guest`.execute(owner.db);
      expect(await sink({ ...batch, attempt: 10 }, context)).toEqual({ rejected: [] });
      expect([await count('t'), await count('u')]).toEqual([[1], [1]]);
    });

    test('who may update and not insert, when an entry that is at fault comes with it', async () => {
      await sql`grant select, update on u to guest`.execute(owner.db);
      await sql`alter table u add check (n >= 0)`.execute(owner.db);
      await sql`insert into u values (1, 0)`.execute(owner.db);
      const sink = kyselySink({ db: guest.db, models: { U } });
      const fault: Increment = ['U', { n: -1 }, { k: 1 }];
      // The row is judged, but no entry is blamed while others of its kind could not be applied anyway.
      await expect(sink(await batchOf([fault], { attempt: 2 }), context)).rejects.toMatchObject({
        code: 'ERR_SLUICE_SINK_DENIED',
      });
      await sql`grant insert on u to guest`.execute(owner.db);
      expect((await sink(await batchOf([fault], { attempt: 3 }), context))?.rejected).toHaveLength(1);
    });

    test('whom a policy of rows refuses one row', async () => {
      await sql`alter table t enable row level security`.execute(owner.db);
      await sql`create policy small on t to guest using (true) with check (k < 10)`.execute(owner.db);
      const sink = kyselySink({ db: guest.db, models: { T } });
      for (const increments of [add(11), add(1, 12)]) {
        const result = await sink(await batchOf(increments, { attempt: 2 }), context);
        expect(result?.rejected).toEqual([
          { index: expect.any(Number), reason: expect.stringContaining('row-level security') },
        ]);
      }
      expect(await count('t')).toEqual([1]);
    });

    test('whom a trigger refuses one row, with the code of a missing right or name', async () => {
      for (const code of ['insufficient_privilege', 'undefined_table']) {
        await sql`
          create or replace function refuse() returns trigger language plpgsql as $$
            begin
              if new.k > 10 then raise ${sql.raw(code)} using message = 'not this one'; end if;
              return new;
            end
          $$
        `.execute(owner.db);
        await sql`create or replace trigger refuses before insert on t for each row execute function refuse()`.execute(
          owner.db,
        );
        const sink = kyselySink({ db: guest.db, models: { T } });
        for (const increments of [add(11), add(1, 12)]) {
          const result = await sink(await batchOf(increments, { attempt: 2 }), context);
          expect(result?.rejected).toEqual([
            { index: expect.any(Number), reason: expect.stringContaining('not this one') },
          ]);
        }
      }
      expect(await count('t')).toEqual([2]);
    });

    test('a table on which every statement fails, whatever its rows: it is closed for maintenance', async () => {
      await sql`
        create or replace function closed() returns trigger language plpgsql as
        $$ begin raise exception 'closed for maintenance'; end $$
      `.execute(owner.db);
      await sql`create trigger closed before insert on t for each statement execute function closed()`.execute(
        owner.db,
      );
      const sink = kyselySink({ db: guest.db, models: { T } });
      for (const increments of [add(1), add(1, 2, 3)]) {
        await expect(sink(await batchOf(increments, { attempt: 9 }), context)).rejects.toMatchObject({
          name: 'SinkUnavailableError',
          message: expect.stringMatching(/Not even a statement without rows works.*closed for maintenance/),
        });
      }
      await sql`drop trigger closed on t`.execute(owner.db);
      await sink(await batchOf(add(1), { attempt: 10 }), context);
      expect(await count('t')).toEqual([1]);
    });

    test('what an empty statement does is undone', async () => {
      await sql`create table if not exists audit (what text)`.execute(owner.db);
      await sql`
        create or replace function audit() returns trigger language plpgsql security definer as
        $$ begin insert into audit values (tg_op); return null; end $$
      `.execute(owner.db);
      await sql`
        create trigger audit after insert or update on t for each statement execute function audit()
      `.execute(owner.db);
      await sql`alter table t add check (n >= 0)`.execute(owner.db);
      const sink = kyselySink({ db: guest.db, models: { T } });
      const result = await sink(await batchOf([['T', { n: -1 }, { k: 1 }]], { attempt: 2 }), context);
      expect(result?.rejected).toHaveLength(1);
      expect((await sql`select * from audit`.execute(owner.db)).rows).toEqual([]);
    });

    test('a table of odd types, whose empty statements work all the same', async () => {
      for (const statement of [
        'drop table if exists odd',
        'drop domain if exists positive',
        'drop type if exists mood',
        'create domain positive as integer not null check (value > 0)',
        "create type mood as enum ('good')",
        `create table odd (
          k integer generated by default as identity primary key,
          n positive default 1,
          must positive,
          price money,
          feeling mood,
          list integer[],
          doc jsonb,
          twice bigint generated always as (k * 2) stored
        ) partition by range (k)`,
        'create table odd_some partition of odd for values from (0) to (10)',
        'insert into odd (k, must) values (1, 1)',
      ]) {
        await sql.raw(statement).execute(owner.db);
      }
      const sink = kyselySink({ db: owner.db, models: { T: { table: 'odd' } } });
      const extra = { feeling: 'good', list: [1], doc: { a: 1 }, must: 1 };
      const faults: Increment[] = [
        ['T', { n: -5, price: 1 }, { k: 1 }, extra],
        ['T', { n: 5, price: 1 }, { k: 99 }, extra],
        ['T', { n: 1 }, { k: 1 }, { feeling: 'bad' }],
      ];
      for (const fault of faults) {
        expect((await sink(await batchOf([fault], { attempt: 2 }), context))?.rejected).toHaveLength(1);
      }
    });

    test('tables in a schema that the user may not enter for a while, however long', async () => {
      for (const statement of [
        'drop schema if exists away cascade',
        'create schema away',
        'create table away.far (k integer primary key, n bigint)',
        'grant all on away.far to guest',
      ]) {
        await sql.raw(statement).execute(owner.db);
      }
      await using elsewhere = await openPostgres(
        `${server.url.replace('postgres:postgres@', 'guest:guest@')}?options=-csearch_path%3Dpublic,away`,
      );
      const sink = kyselySink({ db: elsewhere.db, models: { Far: { ...T, table: 'far' } } });
      const batch = await batchOf([['Far', { n: 1 }, { k: 1 }]], { attempt: 9 });
      await expect(sink(batch, { ...context, ageMs: 99 * HOUR_MS })).rejects.toMatchObject({
        name: 'SinkUnavailableError',
      });
      await sql`grant usage on schema away to guest`.execute(owner.db);
      expect(await sink(batch, context)).toEqual({ rejected: [] });
    });

    test('an entry with a constraint that is deferred is set apart, alone in its batch', async () => {
      await sql`create table parents (id integer primary key)`.execute(owner.db);
      await sql`alter table u add foreign key (k) references parents (id) deferrable initially deferred`.execute(
        owner.db,
      );
      const sink = kyselySink({ db: owner.db, models: { U } });
      const batch = await batchOf([['U', { n: 1 }, { k: 1 }]]);
      await expect(sink(batch, context)).rejects.toThrow('foreign key');
      expect((await sink({ ...batch, attempt: 2 }, context))?.rejected).toHaveLength(1);
    });
  });
});

// On Debian: apt-get install mariadb-server
describe.skipIf(!hasMariadb)('MariaDB (skipped where there is no mariadbd)', () => {
  let server: MariadbServer;
  beforeAll(async () => {
    server = await startMariadb();
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  describe('as any database', () => blameSuite(() => openMysql(server.socket), MARIADB));

  test('a table to which there is no right looks like none, and no age makes it one', async () => {
    await using owner = await openMysql(server.socket);
    for (const statement of [
      'drop table if exists t, u, parents, sluice_ledger',
      'create table t (k integer primary key, n bigint not null default 0)',
      'create table u (k integer primary key, n bigint not null default 0)',
      'create or replace user guest@localhost',
      'grant select, insert, update, delete on test.t to guest@localhost',
    ]) {
      await sql.raw(statement).execute(owner.db);
    }
    await kyselySink({ db: owner.db, models: {} }).migrate();
    await sql`grant select, insert, update, delete on test.sluice_ledger to guest@localhost`.execute(
      owner.db,
    );
    await using guest = await openMysql(server.socket, 'guest');
    const models = { T, U: { table: 'u', keys: ['k'], columns: ['n'] }, Gone: { table: 'a_gone' } } as const;
    const sink = kyselySink({ db: guest.db, models });
    const old = { ...context, ageMs: 99 * HOUR_MS };
    const denied = await batchOf([...add(1), ['U', { n: 1 }, { k: 1 }]], { attempt: 9 });
    await expect(sink(denied, old)).rejects.toMatchObject({ code: 'ERR_SLUICE_SINK_DENIED' });
    // The table that is really missing is the first to fail, but does not take the other with it.
    const both = await batchOf(
      [
        ['Gone', { n: 1 }, { k: 1 }],
        ['U', { n: 1 }, { k: 1 }],
      ],
      { attempt: 9 },
    );
    await sql`grant select, create on test.a_gone to guest@localhost`.execute(owner.db);
    await expect(sink(both, old)).rejects.toMatchObject({ name: 'SinkUnavailableError' });
    await sql`grant select, insert, update on test.u to guest@localhost`.execute(owner.db);
    expect(await sink(denied, context)).toEqual({ rejected: [] });
    expect((await sink(both, old))?.rejected).toEqual([
      { index: expect.any(Number), reason: expect.stringContaining('there is no table "a_gone"') },
    ]);
    expect((await sql`select n from u`.execute(owner.db)).rows).toEqual([{ n: 2 }]);
  });
});
