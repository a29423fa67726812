import { type Kysely, sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type KyselySink, type KyselySinkOptions, kyselySink } from '../../src/index.js';
import { batchOf, context, type Increment } from './batches.js';
import type { TestDatabase } from './databases.js';

type Models = KyselySinkOptions['models'];

/** A table that does not fit its model, and what is said of it. */
interface Case {
  readonly subject: string;
  /** What makes the tables: `{text}` and the like stand for types of the language. */
  readonly ddl: readonly string[];
  readonly models: Models;
  readonly faults: readonly RegExp[];
  /** An increment that fails for it, and what the error says. Left out where the set-up lets batches pass. */
  readonly increment?: Increment;
  readonly code?: string;
}

const PAGE: Models = { Page: { table: 'pages', keys: ['path'], columns: ['views'], extra: ['seen'] } };
const ONE: Increment = ['Page', { views: 1 }, { path: '/a' }, { seen: 5 }];

const CASES: readonly Case[] = [
  {
    subject: 'a table that is missing',
    ddl: [],
    models: PAGE,
    faults: [
      /^Model "Page": there is no table "pages"(, or no right to it)?: create it, or correct `models\.Page\.table`; there are "sluice_ledger"\.$/,
    ],
    increment: ONE,
  },
  {
    subject: 'columns that are missing',
    ddl: ['create table pages (path {text} primary key, n integer)'],
    models: PAGE,
    faults: [
      /^Model "Page", table "pages": there is no column "views": add it, or correct `models\.Page\.columns`; there are "path", "n"\.$/,
      /^Model "Page", table "pages": there is no column "seen": .*`models\.Page\.extra`/,
    ],
    increment: ONE,
  },
  {
    subject: 'a key column that is missing',
    ddl: ['create table pages (url {text} not null primary key, views integer, seen integer)'],
    models: PAGE,
    faults: [
      /there is no column "path": add it, or correct `models\.Page\.keys`/,
      /the column "url" is NOT NULL, has no default and is not mapped/,
    ],
    increment: ONE,
  },
  {
    subject: 'an upsert without a unique index',
    ddl: [
      'create table pages (path {text}, views integer, seen integer)',
      'create index plain on pages (path)',
    ],
    models: PAGE,
    faults: [
      /^Model "Page", table "pages": there is no unique index on exactly the key columns; run: create unique index ["`]pages_path_key["`] on ["`]pages["`] \(["`]path["`]\)$/,
    ],
    increment: ONE,
  },
  {
    subject: 'a unique index on more than the keys',
    ddl: [
      'create table pages (path {text} not null, lang {text} default "en", views integer, seen integer, unique (path, lang))',
    ],
    models: PAGE,
    faults: [/no unique index on exactly the key columns/],
    increment: ONE,
  },
  {
    subject: 'an upsert of any keys without any unique index',
    ddl: ['create table pages (path {text}, views integer)'],
    models: { Page: { table: 'pages' } },
    faults: [/^Model "Page", table "pages": it has no unique index, and an upsert needs one/],
  },
  {
    subject: 'a sum in a column of text',
    ddl: ['create table pages (path {text} primary key, views {text}, seen integer)'],
    models: PAGE,
    faults: [/the column "views" \(.*(text|char).*\) takes no sums: make it a number, such as bigint\.$/i],
  },
  {
    subject: 'decimals in a column that would round them',
    ddl: ['create table pages (path {text} primary key, views integer, seen integer)'],
    models: { Page: { ...PAGE.Page, table: 'pages', columns: { views: { scale: 6 } } } },
    faults: [
      /^Model "Page", table "pages": the column "views" \(.+\) does not keep 6 digits after the point: make it .+\.$/,
    ],
    increment: ONE,
  },
  {
    subject: 'a column that the database computes',
    ddl: [
      'create table pages (path {text} primary key, n integer, views integer generated always as (n + 1) stored, seen integer)',
    ],
    models: PAGE,
    faults: [/the column "views" is computed by the database: map another one\.$/],
    increment: ONE,
  },
  {
    subject: 'a column without a default that is not mapped',
    ddl: ['create table pages (path {text} primary key, views integer, seen integer, site integer not null)'],
    models: PAGE,
    faults: [
      /the column "site" is NOT NULL, has no default and is not mapped: give it a default, or map it\.$/,
    ],
    increment: ONE,
  },
  {
    subject: 'a view that takes no rows',
    ddl: [
      'create table t (path {text} primary key, views integer, seen integer)',
      'create view pages as select distinct path, views, seen from t',
    ],
    models: PAGE,
    faults: [
      /^Model "Page", table "pages": it is a view that takes no upserts; name the table behind it in `models\.Page\.table`\.$/,
    ],
    increment: ONE,
  },
  {
    subject: 'a view that takes no updates',
    ddl: [
      'create table t (path {text} primary key, views integer, seen integer)',
      'create view pages as select distinct path, views, seen from t',
    ],
    models: { Page: { ...PAGE.Page, table: 'pages', mode: 'update' } },
    faults: [/it is a view that takes no updates/],
  },
  {
    subject: 'a ledger of another shape',
    ddl: [
      'create table pages (path {text} primary key, views integer, seen integer)',
      'drop table sluice_ledger',
      'create table sluice_ledger (id {text} primary key, partition_id integer, applied_at {time})',
    ],
    models: PAGE,
    faults: [/^The ledger, table "sluice_ledger": there is no column "outcome": add it, or correct `ledger`/],
    increment: ONE,
  },
  {
    subject: 'a ledger whose ids are not unique',
    ddl: [
      'create table pages (path {text} primary key, views integer, seen integer)',
      'drop table sluice_ledger',
      'create table sluice_ledger (id {text}, partition_id integer, applied_at {time}, outcome {text})',
    ],
    models: PAGE,
    faults: [
      /^The ledger, table "sluice_ledger": there is no unique index on exactly the key columns; run: create unique index/,
    ],
    increment: ONE,
  },
  {
    subject: 'a ledger that is missing',
    ddl: [
      'create table pages (path {text} primary key, views integer, seen integer)',
      'drop table sluice_ledger',
    ],
    models: PAGE,
    faults: [
      /^There is no ledger "sluice_ledger"(, or no right to it)?: call `sink\.migrate\(\)`, or `migrateLedger\(db\)` in a migration\.$/,
    ],
    increment: ONE,
    code: 'ERR_SLUICE_NO_LEDGER',
  },
];

const RIGHT: readonly Pick<Case, 'subject' | 'ddl' | 'models'>[] = [
  {
    subject: 'a primary key',
    ddl: ['create table pages (path {text} primary key, views bigint not null default 0, seen {time})'],
    models: PAGE,
  },
  {
    subject: 'a row number as the key',
    ddl: ['create table pages (id integer primary key, views bigint)'],
    models: { Page: { table: 'pages', keys: ['id'], columns: ['views'], extra: [] } },
  },
  {
    subject: 'a unique constraint of several columns, in another order',
    ddl: ['create table pages (a {text}, b {text}, n decimal(20), x double precision, unique (b, a))'],
    models: { Page: { table: 'pages', keys: { one: 'a', two: 'b' }, columns: ['n', 'x'] } },
  },
  {
    subject: 'a unique index beside others',
    ddl: [
      'create table pages (path {text}, lang {text}, views smallint, seen {json})',
      'create unique index both_keys on pages (path, lang)',
      'create unique index one_key on pages (path)',
    ],
    models: PAGE,
  },
  {
    subject: 'an update without any index',
    ddl: ['create table pages (path {text}, views integer, seen integer, site integer not null)'],
    models: { Page: { ...PAGE.Page, table: 'pages', mode: 'update' } },
  },
  {
    subject: 'names that are not listed',
    ddl: ['create table pages (path {text} primary key, site integer not null)'],
    models: { Page: { table: 'pages' } },
  },
  {
    subject: 'two models with one table',
    ddl: ['create table pages (path {text} primary key, views integer, likes integer)'],
    models: {
      Page: { table: 'pages', keys: ['path'], columns: ['views'] },
      Like: { table: 'pages', keys: ['path'], columns: ['likes'] },
    },
  },
];

/** What is said of a set-up in which no batch can be applied, on any database. */
export function setupSuite(open: () => Promise<TestDatabase>): void {
  let database: TestDatabase;
  let db: Kysely<unknown>;

  beforeAll(async () => {
    database = await open();
    db = database.db;
  });
  afterAll(() => database?.[Symbol.asyncDispose]());
  beforeEach(async () => {
    await sql`drop view if exists pages`.execute(db).catch(() => undefined);
    for (const table of ['pages', 't', 'sluice_ledger']) {
      await sql`drop table if exists ${sql.id(table)}`.execute(db);
    }
  });

  async function sinkOn({ ddl, models }: Pick<Case, 'ddl' | 'models'>): Promise<KyselySink> {
    const sink = kyselySink({ db, models });
    await sink.migrate();
    for (const statement of ddl) {
      const text = statement
        .replace(/\{(\w+)\}/g, (_, type: keyof TestDatabase['types']) => database.types[type])
        .replaceAll('"', "'");
      await sql.raw(text).execute(db);
    }
    return sink;
  }

  test.each(CASES)('$subject', async (setup) => {
    const sink = await sinkOn(setup);
    const error = await errorOf(sink);
    expect(error).toMatchObject({ name: 'SluiceError', code: 'ERR_SLUICE_SINK_SETUP' });
    expect(linesOf(error)).toEqual(setup.faults.map((fault) => expect.stringMatching(fault)));
    if (setup.increment === undefined) return;
    const code = setup.code ?? 'ERR_SLUICE_SINK_SETUP';
    for (const attempt of [1, 2]) {
      const failed = sink(await batchOf([setup.increment], { attempt, id: '0-a' }), context);
      await expect(failed).rejects.toMatchObject({
        name: 'SinkUnavailableError',
        code,
        message: expect.stringMatching(
          /^(Model "Page"|There is no ledger|The ledger|The database does not fit the sink:\n- )/,
        ),
      });
      const { message, cause } = (await failed.catch((error: unknown) => error)) as Error;
      const [faults = ''] = message.split(/\s*The batch waits for a migration/);
      const lines = linesOf({ message: faults });
      // What only validate() finds does not make batches fail.
      for (const line of lines) expect(setup.faults.some((fault) => fault.test(line))).toBe(true);
      // The sink looks for what the database would let pass, and finds it without an error.
      if (cause !== undefined) expect(cause).toBeInstanceOf(Error);
    }
  });

  test('all faults of all models are in one message, one a line', async () => {
    const models: Models = {
      A: { table: 'nowhere', keys: ['id'] },
      B: { table: 'pages', keys: ['id'], columns: ['n', 'path'] },
    };
    const sink = await sinkOn({
      ddl: ['create table pages (id integer, path {text})', 'drop table sluice_ledger'],
      models,
    });
    await expect(sink.validate()).rejects.toThrow(
      /^The database does not fit the sink; there are 5 faults:\n- /,
    );
    const lines = linesOf(await errorOf(sink));
    expect(lines.map((line) => line.slice(0, 40))).toEqual([
      expect.stringContaining('There is no ledger "sluice_ledger"'),
      expect.stringContaining('Model "A": there is no table "nowhere"'),
      'Model "B", table "pages": there is no co',
      'Model "B", table "pages": the column "pa',
      'Model "B", table "pages": there is no un',
    ]);
  });

  test('of many tables those are named that begin like the missing one', async () => {
    const names = [...'abcdefghijklm', 'pages'];
    for (const name of names) await sql`create table ${sql.id(`${name}_many`)} (id integer)`.execute(db);
    const sink = await sinkOn({ ddl: [], models: { Page: { table: 'pages_manny' } } });
    const [line] = linesOf(await errorOf(sink));
    expect(line).toMatch(/; there are "pages_many", ("\w+", ){8}"\w+" and \d+ more\.$/);
    for (const name of names) await sql`drop table ${sql.id(`${name}_many`)}`.execute(db);
  });

  describe('nothing is said of', () => {
    test.each(RIGHT)('$subject', async (setup) => {
      const sink = await sinkOn(setup);
      await sink.validate();
    });
  });

  test('the index that it names is the one to create', async () => {
    const sink = await sinkOn({
      ddl: ['create table pages (path {text} not null, views integer, seen integer)'],
      models: PAGE,
    });
    const [line] = linesOf(await errorOf(sink));
    await sql.raw(String(line?.split('run: ')[1])).execute(db);
    await sink.validate();
    await sink(await batchOf([ONE]), context);
    await sink(await batchOf([ONE]), context);
    const { rows } = await sql<{ views: unknown }>`select views from pages`.execute(db);
    expect(rows.map(({ views }) => Number(views))).toEqual([2]);
  });

  test('what a migration takes away while workers run is noticed within a minute, though no batch failed', async () => {
    const now = performance.now.bind(performance);
    let passedMs = 0;
    using _ = vi.spyOn(performance, 'now').mockImplementation(() => now() + passedMs);
    const sink = await sinkOn({
      ddl: [
        'create table pages (path {text} not null, views integer, seen integer)',
        'create unique index pages_path on pages (path)',
      ],
      models: PAGE,
    });
    await sink(await batchOf([ONE]), context);
    // MySQL wants the table, too.
    const dropped = sql`drop index pages_path`.execute(db);
    await dropped.catch(() => sql`drop index pages_path on pages`.execute(db));
    passedMs = 61_000;
    await expect(sink(await batchOf([ONE]), context)).rejects.toThrow('there is no unique index');
  });

  test('a batch that is given up finds the faults of the ledger, too', async () => {
    const sink = kyselySink({ db, models: PAGE });
    const batch = await batchOf([ONE]);
    const giveUp = () => sink.giveUp(batch, { ...context, reason: 'the tenth time' });
    await expect(giveUp()).rejects.toMatchObject({ code: 'ERR_SLUICE_NO_LEDGER' });
    await sinkOn(CASES.find(({ subject }) => subject === 'a ledger whose ids are not unique') as Case);
    await expect(giveUp()).rejects.toThrow(/The ledger, table "sluice_ledger": there is no unique index/);
  });
}

async function errorOf(sink: KyselySink): Promise<Error> {
  return sink.validate().then(
    () => new Error('no faults'),
    (error: Error) => error,
  );
}

/** The faults in a message, whether it has one or several. */
function linesOf({ message }: { readonly message: string }): string[] {
  const lines = message.split('\n- ').slice(1);
  return lines.length > 0 ? lines : [message];
}
