import { readFile } from 'node:fs/promises';
import {
  type Batch,
  createBuffer,
  type Entry,
  max,
  min,
  type Rule,
  SinkUnavailableError,
} from '@sluice/core';
import { memory } from '@sluice/memory';
import { seededRandom } from '@sluice/testing';
import { type Kysely, type RawBuilder, sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type KyselySink, type KyselySinkOptions, kyselySink, type MissingRows } from '../../src/index.js';
import { batchOf, context, type Increment } from './batches.js';
import type { TestDatabase } from './databases.js';
import { faulty } from './faults.js';

type Models = KyselySinkOptions['models'];

const PAGE: Models = { Page: { table: 'pages' } };
const UPDATE: Models = { Page: { table: 'pages', mode: 'update' } };
// SQLite refuses the rollback that follows a commit whose reply was lost.
const LOST = /Connection terminated|cannot rollback/;
const TABLES = ['pages', 'odd', 'sluice_ledger'];

/** What a sink promises, on any database. */
/** Whether a statement inserts pages, perhaps after it updated others. */
function insertsPages(text: string): boolean {
  return /^(insert|with)/.test(text) && text.includes('pages');
}

export function sinkSuite(open: () => Promise<TestDatabase>): void {
  let database: TestDatabase;
  let db: Kysely<unknown>;
  let mysql: boolean;
  let postgres: boolean;

  beforeAll(async () => {
    database = await open();
    db = database.db;
    mysql = !db.getExecutor().adapter.supportsReturning;
    postgres = db.getExecutor().adapter.supportsTransactionalDdl === true;
  });
  afterAll(() => database?.[Symbol.asyncDispose]());
  beforeEach(async () => {
    for (const table of TABLES) await sql`drop table if exists ${sql.id(table)}`.execute(db);
    await createPages();
  });

  async function createPages(): Promise<void> {
    const { text, time } = database.types;
    await sql`
      create table pages (
        path ${sql.raw(text)} primary key,
        views bigint not null default 0 check (views >= 0),
        clicks bigint,
        last_seen ${sql.raw(time)},
        first_seen ${sql.raw(time)},
        title ${sql.raw(text)}
      )
    `.execute(db);
  }

  async function sinkFor(models: Models, more: Partial<KyselySinkOptions> = {}): Promise<KyselySink> {
    const sink = kyselySink({ db, models, ...more });
    await sink.migrate();
    return sink;
  }

  async function apply(sink: KyselySink, increments: readonly Increment[], batch: Partial<Batch> = {}) {
    const made = await batchOf(increments, batch);
    const { rejected } = (await sink(made, context)) ?? { rejected: [] };
    return { batch: made, rejected, reasons: rejected.map(({ reason }) => reason) };
  }

  /** Rows as plain values: drivers give numbers, digits or bigints for the same column. */
  async function rowsOf(table: string, order = 'path'): Promise<Record<string, unknown>[]> {
    const { rows } = await sql<
      Record<string, unknown>
    >`select * from ${sql.id(table)} order by ${sql.id(order)}`.execute(db);
    return rows.map(plainRow);
  }

  async function views(): Promise<Record<string, unknown>> {
    return Object.fromEntries((await rowsOf('pages')).map(({ path, views }) => [path, views]));
  }

  async function ledger(): Promise<Record<string, unknown>[]> {
    return rowsOf('sluice_ledger', 'id');
  }

  describe('a batch', () => {
    test('inserts rows that are missing and adds to those that are there', async () => {
      const sink = await sinkFor(PAGE);
      await apply(sink, [
        ['Page', { views: 2, clicks: 1 }, { path: '/a' }],
        ['Page', { views: 5, clicks: 1 }, { path: '/b' }],
      ]);
      await apply(sink, [['Page', { views: 3, clicks: 0 }, { path: '/a' }]]);
      expect(await rowsOf('pages')).toMatchObject([
        { path: '/a', views: 5, clicks: 1 },
        { path: '/b', views: 5, clicks: 1 },
      ]);
    });

    test('assigns the last value, and takes the greatest and the least', async () => {
      const sink = await sinkFor(PAGE);
      const seen = (at: number, title: string): Increment => [
        'Page',
        { views: 1 },
        { path: '/a' },
        { title, last_seen: max(new Date(at)), first_seen: min(new Date(at)) },
      ];
      await apply(sink, [seen(2_000_000_000_000, 'old')]);
      await apply(sink, [seen(1_000_000_000_000, 'new')]);
      expect(await rowsOf('pages')).toMatchObject([
        { views: 2, title: 'new', last_seen: 2_000_000_000_000, first_seen: 1_000_000_000_000 },
      ]);
    });

    test('passes over NULL when it adds, and when it takes the greatest or the least', async () => {
      await sql`insert into pages (path) values ('/a')`.execute(db);
      const extra = { last_seen: max(new Date(1e12)), first_seen: min(new Date(1e12)) };
      for (const models of [PAGE, UPDATE]) {
        await apply(await sinkFor(models), [['Page', { clicks: 4 }, { path: '/a' }, extra]]);
      }
      expect(await rowsOf('pages')).toMatchObject([{ clicks: 8, last_seen: 1e12, first_seen: 1e12 }]);
    });

    test('whose entries have different columns leaves the others as they are', async () => {
      await sql`insert into pages (path, views, clicks, title) values ('/a', 10, 10, 'kept')`.execute(db);
      for (const models of [PAGE, UPDATE, { Page: { table: 'pages', columns: ['views', 'clicks'] } }]) {
        await apply(await sinkFor(models), [
          ['Page', { views: 1 }, { path: '/a' }],
          ['Page', { clicks: 1 }, { path: '/b' }],
        ]);
      }
      expect(await rowsOf('pages')).toMatchObject([
        { path: '/a', views: 13, clicks: 10, title: 'kept' },
        { path: '/b', views: 0, clicks: 3, title: null },
      ]);
    });

    test('adds exactly beyond 2^53', async () => {
      const sink = await sinkFor(PAGE);
      await apply(sink, [['Page', { views: Number.MAX_SAFE_INTEGER }, { path: '/a' }]]);
      await apply(sink, [['Page', { views: Number.MAX_SAFE_INTEGER }, { path: '/a' }]]);
      await apply(sink, [['Page', { views: 1 }, { path: '/a' }]]);
      const { rows } = await sql<{ text: string }>`select cast(views as char(20)) as text from pages`.execute(
        db,
      );
      expect(rows[0]?.text.trim()).toBe(String(2n * (2n ** 53n - 1n) + 1n));
    });

    test('is one or two statements for the entries of a model that name the same columns', async () => {
      const texts: string[] = [];
      const wrapped = database.connect(faulty({ before: (text) => void texts.push(text) }));
      const sink = await sinkFor(PAGE, { db: wrapped });
      const inserting = postgres ? 1 : 2;
      for (const statements of [inserting, mysql ? 1 : inserting]) {
        texts.length = 0;
        await apply(sink, pages(100));
        expect(texts.filter((text) => text.includes('pages'))).toHaveLength(statements);
      }
      expect(Object.keys(await views())).toHaveLength(100);
    });

    test('with no columns only makes sure of the row', async () => {
      const sink = await sinkFor(PAGE);
      await apply(sink, [['Page', {}, { path: '/a' }]]);
      await apply(sink, [['Page', {}, { path: '/a' }]]);
      expect(await views()).toEqual({ '/a': 0 });
    });

    test('of a thousand entries, in random order, equals what they add up to', async () => {
      const sink = await sinkFor({ Page: { table: 'pages', columns: ['views', 'clicks'] } });
      const expected: Record<string, number> = {};
      for (let round = 0; round < 3; round += 1) {
        const increments = pages(1000).map(([model], i): Increment => {
          const path = `/${(i * 7919 + round * 104_729) % 1500}`;
          expected[path] = (expected[path] ?? 0) + i;
          return [model, { views: i }, { path }];
        });
        await apply(sink, increments);
      }
      expect(await views()).toEqual(expected);
    });
  });

  test('any program of increments leaves what it adds up to', async () => {
    const random = seededRandom(2026);
    const pick = (count: number): number => Math.floor(random() * count);
    const expected = new Map<string, Record<string, unknown>>();
    const sinks = [
      await sinkFor(PAGE),
      await sinkFor({ Page: { table: 'pages', columns: ['views', 'clicks'] } }),
    ];
    for (let round = 0; round < 20; round += 1) {
      const increments = Array.from({ length: 1 + pick(60) }, (): Increment => {
        const path = `/${pick(40)}`;
        const row = expected.get(path) ?? {
          path,
          views: 0,
          clicks: null,
          title: null,
          last_seen: null,
          first_seen: null,
        };
        expected.set(path, row);
        const at = 1e12 + pick(1e9);
        const has = { clicks: random() < 0.5, title: random() < 0.3, seen: random() < 0.5 };
        row.views = Number(row.views) + round;
        if (has.clicks) row.clicks = Number(row.clicks) + 2;
        if (has.title) row.title = `t${at}`;
        if (has.seen) row.last_seen = Math.max(Number(row.last_seen ?? 0), at);
        if (has.seen) row.first_seen = Math.min(Number(row.first_seen ?? Number.MAX_VALUE), at);
        const extra = {
          ...(has.title && { title: `t${at}` }),
          ...(has.seen && { last_seen: max(new Date(at)), first_seen: min(new Date(at)) }),
        };
        return ['Page', { views: round, ...(has.clicks && { clicks: 2 }) }, { path }, extra];
      });
      await apply(sinks[round % 2] as KyselySink, increments);
    }
    const sorted = [...expected.values()].sort((a, b) => (String(a.path) < String(b.path) ? -1 : 1));
    expect(await rowsOf('pages')).toEqual(sorted);
  });

  describe('names', () => {
    const mapped: Models = {
      Page: {
        table: 'pages',
        keys: { url: 'path' },
        columns: { hits: 'views' },
        extra: { seenAt: 'last_seen', name: 'title' },
      },
    };

    test('are mapped where they differ', async () => {
      const extra = { seenAt: max(new Date(1e12)), name: 'Docs' };
      for (const mode of ['upsert', 'update'] as const) {
        const sink = await sinkFor({ Page: { ...mapped.Page, mode } as Models[string] });
        await apply(sink, [['Page', { hits: 2 }, { url: '/a' }, extra]]);
      }
      expect(await rowsOf('pages')).toMatchObject([{ path: '/a', views: 4, last_seen: 1e12, title: 'Docs' }]);
    });

    test('that are not mapped reject their entry, with a reason', async () => {
      const sink = await sinkFor(mapped, { unknownAfterMs: 0 });
      const { reasons } = await apply(sink, [
        ['Page', { hits: 1 }, { url: '/good' }],
        ['Page', { hits: 1 }, { path: '/a' }],
        ['Page', { views: 1 }, { url: '/b' }],
        ['Page', { hits: 1 }, { url: '/c' }, { path: '/d' }],
        ['Page', { hits: 1 }, { url: '/e', lang: 'en' }],
        ['Page', { hits: 1 }, {}],
        ['Nope', { hits: 1 }, { url: '/f' }],
        ['constructor', { hits: 1 }, { url: '/g' }],
      ]);
      expect(reasons.sort()).toEqual([
        'Model "Page": an entry without filters would be for every row of the table.',
        'Model "Page": the column "views" is not mapped; mapped are "hits".',
        'Model "Page": the extra "path" is not mapped; mapped are "seenAt", "name".',
        'Model "Page": the filter "lang" is not mapped; mapped are "url".',
        'Model "Page": the filter "path" is not mapped; mapped are "url".',
        `The model "Nope" has no table: the sink's \`models\` has "Page". Correct the name there, or in the call of incr().`,
        `The model "constructor" has no table: the sink's \`models\` has "Page". Correct the name there, or in the call of incr().`,
      ]);
      expect(await views()).toEqual({ '/good': 1 });
    });

    test('with a rule that only a newer core knows reject their entry, and no other', async () => {
      const made = await batchOf([
        ['Page', { views: 1 }, { path: '/good' }, { title: 'A' }],
        ['Page', { views: 1 }, { path: '/new' }, { title: 'B' }],
      ]);
      const [good, entry] = made.entries as [Entry, Entry];
      const extra = { title: { rule: 'union' as Rule, value: 'B' } };
      const sink = await sinkFor(PAGE, { unknownAfterMs: 0 });
      expect(await sink({ ...made, entries: [good, { ...entry, extra }] }, context)).toEqual({
        rejected: [
          {
            index: 1,
            reason:
              'Model "Page": the extra "title" has the rule "union", which this version of @sluice/kysely does not know.',
          },
        ],
      });
      expect(await views()).toEqual({ '/good': 1 });
    });

    test('that are there are listed, but not all of many', async () => {
      const names = Array.from({ length: 13 }, (_, i) => `c${i}`);
      const models: Models = { Page: { table: 'pages', keys: ['path', 'lang'], columns: names } };
      const sink = await sinkFor(models, { unknownAfterMs: 0 });
      const { reasons } = await apply(sink, [
        ['Page', { ['x'.repeat(200)]: 1 }, { path: '/a', lang: 'en' }],
        ['Page', { c1: 1 }, { path: '/a' }],
      ]);
      const shown = names.slice(0, 10).map((name) => `"${name}"`);
      expect(reasons.sort()).toEqual([
        `Model "Page": the column "${'x'.repeat(80)}" is not mapped; mapped are ${shown.join(', ')} and 3 more.`,
        'Model "Page": the filter "lang" is missing; an entry must have "path", "lang".',
      ]);
    });

    test('may have quotes, capitals and spaces, and be words of SQL', async () => {
      const [table, key, sum, extra] = ['odd', 'Group "by"; `x`', 'Select', "It's"];
      const text = sql.raw(database.types.text);
      await sql`
        create table ${sql.id(table)} (
          ${sql.id(key)} ${text} primary key,
          ${sql.id(sum)} bigint,
          ${sql.id(extra)} ${text}
        )
      `.execute(db);
      for (const mode of ['upsert', 'update', 'upsert'] as const) {
        const sink = await sinkFor({ Odd: { table, mode } });
        await apply(sink, [['Odd', { [sum]: 1 }, { [key]: 'a' }, { [extra]: mode }]]);
      }
      expect(await rowsOf(table, key)).toEqual([{ [key]: 'a', [sum]: 3, [extra]: 'upsert' }]);
    });

    test('of one column may not be used twice', async () => {
      const { reasons } = await apply(await sinkFor(PAGE), [
        ['Page', { views: 1 }, { path: '/a' }, { views: 2 }],
      ]);
      expect(reasons).toEqual(['Model "Page": two values are for the column "views".']);
    });
  });

  describe('hostile input', () => {
    const attacks = [
      `'; drop table pages; --`,
      `"; drop table pages; --`,
      '`; drop table pages; --',
      `views" = 0; drop table pages; --`,
      `x') on conflict do nothing; delete from pages; --`,
      '$1',
      '?',
      '\\',
      `\\'; drop table pages; --`,
      '%s %I {}',
    ];

    test('in values is stored as it is', async () => {
      const sink = await sinkFor(PAGE);
      for (const path of attacks) await apply(sink, [['Page', { views: 1 }, { path }, { title: path }]]);
      const update = await sinkFor(UPDATE);
      for (const path of attacks) await apply(update, [['Page', { views: 1 }, { path }, { title: path }]]);
      const rows = await rowsOf('pages');
      expect(rows.map(({ path }) => path).sort()).toEqual([...attacks].sort());
      expect(rows.every(({ path, title, views }) => path === title && views === 2)).toBe(true);
    });

    test.each(['upsert', 'update'] as const)(
      'in names harms nothing and rejects its entries: %s',
      async (mode) => {
        const bad = attacks.flatMap((name, i): Increment[] => [
          [name, { views: 1 }, { path: `/${i}-a` }],
          ['Page', { [name]: 1 }, { path: `/${i}-b` }],
          ['Page', { views: 1 }, { [name]: `/${i}-c` }],
          ['Page', { views: 1 }, { path: `/${i}-d` }, { [name]: 1 }],
        ]);
        const paths = ['/good', ...attacks.flatMap((_, i) => ['a', 'b', 'c', 'd'].map((x) => `/${i}-${x}`))];
        for (const path of paths) await sql`insert into pages (path, views) values (${path}, 7)`.execute(db);
        const sink = await sinkFor({ Page: { table: 'pages', mode } }, { unknownAfterMs: 0 });
        const { rejected } = await apply(sink, [...bad, ['Page', { views: 1 }, { path: '/good' }]], {
          attempt: 2,
        });
        expect(rejected).toHaveLength(bad.length);
        expect(await views()).toEqual({ ...Object.fromEntries(paths.map((path) => [path, 7])), '/good': 8 });
      },
    );

    test('that no database can store is rejected at once', async () => {
      const sink = await sinkFor(PAGE);
      const increments: Increment[] = [
        ['Page', { views: 1 }, { path: '/good' }],
        ['Page', { views: 1 }, { path: 'a\ud800' }],
        ['Page', { views: 1 }, { path: '/b' }, { title: '\udc00' }],
      ];
      const { reasons } = await apply(sink, increments);
      expect(reasons.sort()).toEqual([
        'Model "Page": the extra "title" cannot be stored: the text has a lone surrogate, which is no character.',
        'Model "Page": the filter "path" cannot be stored: the text has a lone surrogate, which is no character.',
      ]);
      expect(await views()).toEqual({ '/good': 1 });
    });

    test('with NUL characters harms no other entry', async () => {
      const sink = await sinkFor(PAGE);
      const { reasons } = await apply(sink, [
        ['Page', { views: 1 }, { path: '/good' }],
        ['Page', { views: 1 }, { path: 'a\0b' }],
      ]);
      expect((await views())['/good']).toBe(1);
      const nul =
        'Model "Page": the filter "path" cannot be stored: the text has a NUL character, which PostgreSQL cannot store.';
      expect(reasons).toEqual(postgres ? [nul] : []);
    });
  });

  describe('keys', () => {
    async function createOdd(columns: string, key: string): Promise<void> {
      await sql`
        create table odd (
          ${sql.raw(columns)},
          n bigint not null default 0,
          unique (${sql.raw(key)})
        )
      `.execute(db);
    }

    test.each(['upsert', 'update'] as const)('that are NULL pick the row with NULL: %s', async (mode) => {
      await createOdd(`a ${database.types.text}, b ${database.types.text}`, 'a, b');
      await sql`insert into odd (a, b) values ('x', 'y'), ('x', null), (null, null)`.execute(db);
      const sink = await sinkFor({ Odd: { table: 'odd', mode } });
      for (let i = 0; i < 2; i += 1) {
        await apply(sink, [
          ['Odd', { n: 1 }, { a: 'x', b: 'y' }],
          ['Odd', { n: 2 }, { a: 'x', b: null }],
          ['Odd', { n: 4 }, { a: null, b: null }],
        ]);
      }
      const rows = await rowsOf('odd', 'n');
      expect(rows).toEqual([
        { a: 'x', b: 'y', n: 2 },
        { a: 'x', b: null, n: 4 },
        { a: null, b: null, n: 8 },
      ]);
    });

    test('that are NULL are inserted once by an upsert', async () => {
      await createOdd(`a ${database.types.text}, b ${database.types.text}`, 'a, b');
      const sink = await sinkFor({ Odd: { table: 'odd' } });
      for (let i = 0; i < 3; i += 1) await apply(sink, [['Odd', { n: 1 }, { a: 'x', b: null }]]);
      expect(await rowsOf('odd', 'n')).toEqual([{ a: 'x', b: null, n: 3 }]);
    });

    test.each(['upsert', 'update'] as const)(
      'may be bigints, Dates, booleans and several together: %s',
      async (mode) => {
        const { time, bool } = database.types;
        await createOdd(`id bigint, at ${time}, flag ${bool}`, 'id, at, flag');
        const big = 2n ** 53n + 1n;
        const keys = [
          { id: big, at: new Date(1e12), flag: true },
          { id: big, at: new Date(1e12), flag: false },
          { id: big, at: new Date(1e12 + 1), flag: true },
          { id: big - 1n, at: new Date(1e12), flag: true },
          { id: -(2n ** 63n), at: new Date(1e12), flag: true },
        ];
        await apply(
          await sinkFor({ Odd: { table: 'odd' } }),
          keys.map((key): Increment => ['Odd', { n: 1 }, key]),
        );
        const sink = await sinkFor({ Odd: { table: 'odd', mode } });
        await apply(
          sink,
          keys.map((key, i): Increment => ['Odd', { n: 10 ** i }, key]),
        );
        const { rows } = await sql<{
          id: string;
          n: unknown;
        }>`select cast(id as char(20)) as id, n from odd order by n`.execute(db);
        expect(rows.map(({ id, n }) => [id.trim(), Number(n)])).toEqual([
          [String(big), 2],
          [String(big), 11],
          [String(big), 101],
          [String(big - 1n), 1001],
          [String(-(2n ** 63n)), 10_001],
        ]);
      },
    );

    test.each(['upsert', 'update'] as const)(
      'that are the same row in different clothes all count: %s',
      async (mode) => {
        await createOdd('id bigint', 'id');
        await sql`insert into odd (id) values (1), (2)`.execute(db);
        const models: Models = { Odd: { table: 'odd', mode }, Even: { table: 'odd', mode } };
        await apply(await sinkFor(models), [
          ['Odd', { n: 1 }, { id: 1 }],
          ['Odd', { n: 10 }, { id: '1' }],
          ['Odd', { n: 100 }, { id: 1n }],
          ['Odd', { n: 1000 }, { id: '01' }],
          ['Even', { n: 10_000 }, { id: 1 }],
          ['Odd', { n: 1 }, { id: 2 }],
        ]);
        expect(await rowsOf('odd', 'id')).toEqual([
          { id: 1, n: 11_111 },
          { id: 2, n: 1 },
        ]);
      },
    );

    test('of an update may match several rows', async () => {
      await createOdd('id bigint, org bigint', 'id');
      await sql`insert into odd (id, org) values (1, 5), (2, 5), (3, 6)`.execute(db);
      await apply(await sinkFor({ Org: { table: 'odd', mode: 'update' } }), [
        ['Org', { n: 1 }, { org: 5 }],
        ['Org', { n: 10 }, { org: '5' }],
      ]);
      expect((await rowsOf('odd', 'id')).map(({ n }) => n)).toEqual([11, 11, 0]);
    });

    test('extra may be JSON', async () => {
      await createOdd(`id bigint, j ${database.types.json}`, 'id');
      const value = { list: [1, 'two', null, true], quote: `it's "so"` };
      await apply(await sinkFor({ Odd: { table: 'odd' } }), [['Odd', { n: 1 }, { id: 1 }, { j: value }]]);
      await apply(await sinkFor({ Odd: { table: 'odd', mode: 'update' } }), [
        ['Odd', { n: 1 }, { id: 1 }, { j: value }],
      ]);
      const [row] = await rowsOf('odd', 'id');
      expect(typeof row?.j === 'string' ? JSON.parse(row.j) : row?.j).toEqual(value);
    });
  });

  describe('update only', () => {
    const increments: Increment[] = [
      ['Page', { views: 2 }, { path: '/there' }],
      ['Page', { views: 2 }, { path: '/gone' }],
      ['Page', { views: 2 }, { path: '/lost' }],
    ];
    beforeEach(async () => {
      await sql`insert into pages (path, views) values ('/there', 1)`.execute(db);
    });

    test('inserts nothing, and reports rows that are missing', async () => {
      const reported: MissingRows[] = [];
      const sink = await sinkFor(UPDATE, { onMissing: (missing) => void reported.push(missing) });
      const { batch, rejected } = await apply(sink, increments);
      expect(await views()).toEqual({ '/there': 3 });
      expect(rejected).toEqual([]);
      expect(reported.map(({ batch: { id } }) => id)).toEqual([batch.id]);
      expect(reported[0]?.entries.map(({ filters }) => filters.path).sort()).toEqual(['/gone', '/lost']);
      // The worker died before the ack: the report comes again, the amounts do not.
      await sink(batch, context);
      expect(reported).toHaveLength(2);
      expect(await views()).toEqual({ '/there': 3 });
    });

    test('warns of missing rows when nobody listens', async () => {
      const warn = vi.spyOn(context.logger, 'warn');
      const { batch } = await apply(await sinkFor(UPDATE), increments);
      expect(warn.mock.calls).toEqual([[`2 entries of batch ${batch.id} found no row to update (Page).`]]);
      warn.mockRestore();
    });

    const broken = (): never => {
      throw new Error('no such metric');
    };
    test.each([
      ['throws', broken],
      ['rejects', async () => broken()],
    ])('what a callback for missing rows %s is only logged', async (_, onMissing) => {
      const error = vi.spyOn(context.logger, 'error');
      const { rejected } = await apply(await sinkFor(UPDATE, { onMissing }), increments);
      await vi.waitFor(() => expect(error.mock.calls).toEqual([['onMissing threw: Error: no such metric']]));
      error.mockRestore();
      expect(rejected).toEqual([]);
      expect(await views()).toEqual({ '/there': 3 });
    });

    test('may reject what found no row', async () => {
      const sink = await sinkFor(UPDATE, { missing: 'reject' });
      const { batch, reasons } = await apply(sink, increments);
      const reason = 'Model "Page": no row of the table pages has these filters.';
      expect(reasons).toEqual([reason, reason]);
      expect((await sink(batch, context))?.rejected).toHaveLength(2);
      expect(await views()).toEqual({ '/there': 3 });
    });
  });

  describe('signal-only entries', () => {
    test('reach listeners but not the tables', async () => {
      const sink = await sinkFor(PAGE);
      const buffer = createBuffer({ backend: memory(), partitions: 1, sink });
      const heard: Entry[] = [];
      buffer.on('processed', ({ entries }) => void heard.push(...entries));
      await buffer.incr('Page', { views: 1 }, { path: '/a' }, undefined, { signalOnly: true });
      await buffer.incr('Page', { views: 2 }, { path: '/a' });
      await buffer.processPending();
      await buffer.incr('Page', { views: 4 }, { path: '/a' }, undefined, { signalOnly: true });
      await buffer.processPending();
      await buffer.close();
      expect(await views()).toEqual({ '/a': 2 });
      expect(heard.map(({ columns, signalOnly }) => [columns.views, signalOnly])).toEqual([
        [1, true],
        [2, false],
        [4, true],
      ]);
    });
  });

  describe('exactly once', () => {
    const increments: Increment[] = [['Page', { views: 2 }, { path: '/a' }]];

    test('a worker that dies between commit and ack has the batch skipped when it comes again', async () => {
      const sink = await sinkFor(PAGE);
      const { batch } = await apply(sink, increments, { id: '0-a' });
      for (const attempt of [1, 2, 3]) await sink({ ...batch, attempt }, context);
      await kyselySink({ db, models: PAGE })({ ...batch, attempt: 4 }, context);
      expect(await views()).toEqual({ '/a': 2 });
      expect(await ledger()).toMatchObject([{ id: '0-a', partition_id: 0, outcome: null }]);
    });

    test('a commit whose reply is lost took effect once', async () => {
      let replies = 1;
      const committed = (): void => {
        if (replies-- > 0) throw new Error('Connection terminated unexpectedly');
      };
      await sinkFor(PAGE);
      const sink = kyselySink({ db: database.connect(faulty({ committed })), models: PAGE });
      const batch = await batchOf(increments);
      await expect(sink(batch, context)).rejects.toThrow(LOST);
      expect(await views()).toEqual({ '/a': 2 });
      await sink({ ...batch, attempt: 2 }, context);
      expect(await views()).toEqual({ '/a': 2 });
    });

    test('two workers that hold the same batch apply it once', async () => {
      const [a, b] = [await sinkFor(PAGE), kyselySink({ db, models: PAGE })];
      for (let i = 0; i < 10; i += 1) {
        const batch = await batchOf(increments);
        await Promise.all([a(batch, context), b(batch, context), a(batch, context)]);
        expect(await views()).toEqual({ '/a': 2 * (i + 1) });
      }
    });

    test('an aborted signal rolls back, ledger and all', async () => {
      const controller = new AbortController();
      const before = (text: string): void => {
        if (insertsPages(text)) controller.abort(new Error('lease lost'));
      };
      await sinkFor(PAGE);
      const sink = kyselySink({ db: database.connect(faulty({ before })), models: PAGE });
      const batch = await batchOf(increments);
      await expect(sink(batch, { ...context, signal: controller.signal })).rejects.toThrow('lease lost');
      await expect(sink(batch, { ...context, signal: controller.signal })).rejects.toThrow('lease lost');
      // The wait ends at once; the rollback follows.
      await expect.poll(async () => [await views(), await ledger()]).toEqual([{}, []]);
    });

    test('a reply that comes after the signal aborted commits nothing', async () => {
      const controller = new AbortController();
      let answer: () => void = () => {};
      const late = new Promise<void>((resolve) => {
        answer = resolve;
      });
      const before = async (text: string): Promise<void> => {
        if (!insertsPages(text)) return;
        controller.abort(new Error('lease lost'));
        await late;
      };
      const again = await sinkFor(PAGE);
      const sink = kyselySink({ db: database.connect(faulty({ before })), models: PAGE });
      const batch = await batchOf(increments);
      await expect(sink(batch, { ...context, signal: controller.signal })).rejects.toThrow('lease lost');
      answer();
      await expect.poll(async () => [await views(), await ledger()]).toEqual([{}, []]);
      await again({ ...batch, attempt: 2 }, context);
      expect(await views()).toEqual({ '/a': 2 });
    });

    test('serialization failures and deadlocks are tried again, connection failures are not', async () => {
      const fail: unknown[] = [];
      const before = (text: string): void => {
        if (text.includes('pages') && fail.length > 0) throw fail.shift();
      };
      await sinkFor(PAGE);
      const sink = kyselySink({ db: database.connect(faulty({ before })), models: PAGE });
      const conflicts = mysql
        ? [1213, 1205, 1020].map((errno) => ({ sqlState: 'HY000', errno }))
        : ['40001', '40P01', '40001'].map((code) => ({ code: postgres ? code : 'SQLITE_BUSY' }));
      for (const conflict of conflicts) fail.push(Object.assign(new Error('conflict'), conflict));
      await sink(await batchOf(increments), context);
      expect(await views()).toEqual({ '/a': 2 });
      fail.push(new Error('Connection terminated'));
      await expect(sink(await batchOf(increments), context)).rejects.toThrow('Connection terminated');
      fail.push(...Array.from({ length: 9 }, () => Object.assign(new Error('again'), conflicts[0])));
      await expect(sink(await batchOf(increments), context)).rejects.toThrow('again');
      expect(await views()).toEqual({ '/a': 2 });
    });
  });

  describe('what fails', () => {
    const increments: Increment[] = [['Page', { views: 2 }, { path: '/a' }]];

    test.each<[string, object]>([
      ['a lost connection', {}],
      ['a refused one', { code: 'ECONNREFUSED' }],
      ['a server that shuts down', { code: '57P01' }],
      ['a statement that took too long', { code: '57014' }],
      ['a lock that took too long', { code: '55P03' }],
      ['a deadlock, again and again', { code: '40P01' }],
      ['a serialization failure, again and again', { sqlState: '40001', errno: 1213 }],
      ['a locked file, again and again', { code: 'SQLITE_BUSY' }],
      ['a full disk', { code: 'SQLITE_FULL' }],
    ])('is no verdict about the data, if it is %s', async (_, detail) => {
      const failure = Object.assign(new Error('no luck'), detail);
      const before = (text: string): void => {
        if (/insert into|^update/.test(text)) throw failure;
      };
      await sinkFor(PAGE);
      const sink = kyselySink({ db: database.connect(faulty({ before })), models: PAGE });
      const batch = await batchOf(increments);
      const noVerdict = {
        name: 'SinkUnavailableError',
        code: 'ERR_SLUICE_SINK_UNAVAILABLE',
        message: expect.stringContaining('no luck'),
        cause: failure,
      };
      await expect(sink(batch, context)).rejects.toMatchObject(noVerdict);
      await expect(sink({ ...batch, attempt: 9 }, context)).rejects.toMatchObject(noVerdict);
      await expect(sink.giveUp(batch, { ...context, reason: 'no' })).rejects.toMatchObject(noVerdict);
    });

    test('is a verdict, if it is a constraint', async () => {
      const sink = await sinkFor(PAGE);
      const failed = sink(await batchOf([['Page', { views: -1 }, { path: '/a' }]]), context);
      await expect(failed).rejects.toThrow(/constraint/i);
      await expect(failed).rejects.not.toBeInstanceOf(SinkUnavailableError);
    });

    test('is none, if it is a table that is not there', async () => {
      await sql`drop table pages`.execute(db);
      const sink = await sinkFor(PAGE);
      const failed = sink(await batchOf(increments), context);
      await expect(failed).rejects.toMatchObject({
        name: 'SinkUnavailableError',
        code: 'ERR_SLUICE_SINK_SETUP',
      });
    });

    test('is none, if it is a ledger that is not there', async () => {
      const failed = kyselySink({ db, models: PAGE })(await batchOf(increments), context);
      await expect(failed).rejects.toMatchObject({
        name: 'SinkUnavailableError',
        code: 'ERR_SLUICE_NO_LEDGER',
      });
    });

    test('does not have the buffer give anything up while the database is down', async () => {
      let down = true;
      const before = (): void => {
        if (down) throw new Error('connect ECONNREFUSED');
      };
      await sinkFor(PAGE);
      const sink = kyselySink({ db: database.connect(faulty({ before })), models: PAGE });
      const options = { maxAttempts: 1, giveUpAfterMs: 0, retryDelay: () => 0, logger: context.logger };
      const buffer = createBuffer({ backend: memory(), partitions: 1, sink, ...options });
      await buffer.incr('Page', { views: 2 }, { path: '/a' });
      for (let delivery = 0; delivery < 20; delivery += 1) {
        expect(await buffer.processPending()).toMatchObject({ retried: 1, buried: 0 });
      }
      down = false;
      expect(await buffer.processPending()).toMatchObject({ batches: 1 });
      await buffer.close();
      expect(await views()).toEqual({ '/a': 2 });
    });
  });

  describe('poison', () => {
    const poison = ['/17', '/500', '/999'];
    const thousand = pages(1000).map(([model, columns, filters]): Increment => {
      return [model, poison.includes(String(filters.path)) ? { views: -1 } : columns, filters];
    });

    test('comes again first, and is then narrowed down to the entries at fault', async () => {
      const sink = await sinkFor(PAGE);
      const batch = await batchOf(thousand);
      await expect(sink(batch, context)).rejects.toThrow();
      expect([await views(), await ledger()]).toEqual([{}, []]);
      const { rejected } = (await sink({ ...batch, attempt: 2 }, context)) ?? { rejected: [] };
      expect(rejected.map(({ index }) => batch.entries[index]?.filters.path).sort()).toEqual(poison);
      for (const { reason } of rejected) expect(reason).toMatch(/constraint/i);
      const applied = await views();
      expect(Object.keys(applied)).toHaveLength(997);
      expect(Object.values(applied).every((count) => count === 1)).toBe(true);
      // Acks get lost too: the next delivery returns the same.
      expect(await sink({ ...batch, attempt: 3 }, context)).toEqual({ rejected });
      expect(await views()).toEqual(applied);
    });

    test('of three in a thousand: 997 applied once, three dead letters; redriven after a fix, applied once', async () => {
      const sink = await sinkFor(PAGE);
      const buffer = createBuffer({ backend: memory(), partitions: 1, sink, retryDelay: () => 0 });
      for (const [model, columns, filters] of thousand) void buffer.incr(model, columns, filters);
      await buffer.flush();
      await buffer.processPending();
      await buffer.processPending();
      const letters = await buffer.deadLetters.list();
      expect(letters.map(({ entry }) => entry?.filters.path).sort()).toEqual(poison);
      for (const { reason } of letters) expect(reason).toMatch(/constraint/i);
      expect(Object.keys(await views())).toHaveLength(997);

      const kept = await rowsOf('pages');
      await sql`drop table pages`.execute(db);
      const { text } = database.types;
      await sql`create table pages (path ${sql.raw(text)} primary key, views bigint)`.execute(db);
      for (const { path, views } of kept) await sql`insert into pages values (${path}, ${views})`.execute(db);
      expect(await buffer.deadLetters.redrive('all')).toBe(3);
      await buffer.processPending();
      await buffer.close();
      const all = await views();
      expect(Object.keys(all)).toHaveLength(1000);
      for (const [path, count] of Object.entries(all))
        expect([path, count]).toEqual([path, poison.includes(path) ? -1 : 1]);
    });

    test('an ambiguous commit before the split does not apply anything twice', async () => {
      const fate = ['lost', 'kept'];
      const committed = (): void => {
        if (fate.shift() === 'lost') throw new Error('Connection terminated unexpectedly');
      };
      await sinkFor(PAGE);
      const sink = kyselySink({ db: database.connect(faulty({ committed })), models: PAGE, isolateAfter: 1 });
      const batch = await batchOf(thousand);
      await expect(sink(batch, context)).rejects.toThrow(LOST);
      const { rejected } = (await sink({ ...batch, attempt: 2 }, context)) ?? { rejected: [] };
      expect(rejected).toHaveLength(3);
      expect(Object.values(await views()).reduce((sum: number, count) => sum + Number(count), 0)).toBe(997);
    });

    test('of every kind is isolated in update mode too', async () => {
      await sql`insert into pages (path, views) values ('/a', 1), ('/b', 1), ('/c', 1)`.execute(db);
      const sink = await sinkFor(UPDATE, { unknownAfterMs: 0 });
      const { reasons } = await apply(
        sink,
        [
          ['Page', { views: 1 }, { path: '/a' }],
          ['Page', { views: -5 }, { path: '/b' }],
          ['Page', { nope: 1 }, { path: '/c' }],
        ],
        { attempt: 2 },
      );
      expect(reasons).toHaveLength(2);
      expect(reasons.join()).toMatch(/constraint.*nope|nope.*constraint/i);
      expect(await views()).toEqual({ '/a': 2, '/b': 1, '/c': 1 });
    });

    test('a table that is not there is an outage: nothing is rejected', async () => {
      await sql`drop table pages`.execute(db);
      const sink = await sinkFor(PAGE);
      for (const attempt of [1, 2, 9]) {
        await expect(apply(sink, pages(20), { attempt })).rejects.toThrow(/pages/);
      }
      expect(await ledger()).toEqual([]);
    });

    test('a ledger that is not there is an outage', async () => {
      const sink = kyselySink({ db, models: PAGE });
      for (const attempt of [1, 2])
        await expect(apply(sink, pages(3), { attempt })).rejects.toThrow(/sluice_ledger/);
      expect(await views()).toEqual({});
    });
  });

  describe('a batch that is given up', () => {
    const increments: Increment[] = [['Page', { views: 2 }, { path: '/a' }]];
    const reason = 'the tenth time';

    test('is never applied afterwards', async () => {
      const sink = await sinkFor(PAGE);
      const batch = await batchOf(increments);
      const all = { rejected: [{ index: 0, reason }] };
      expect(await sink.giveUp(batch, { ...context, reason })).toEqual(all);
      expect(await sink.giveUp(batch, { ...context, reason: 'again' })).toEqual(all);
      expect(await sink(batch, context)).toEqual(all);
      expect(await views()).toEqual({});
    });

    test('stays applied if it was', async () => {
      const sink = await sinkFor(PAGE);
      const { batch } = await apply(sink, increments);
      expect(await sink.giveUp(batch, { ...context, reason })).toEqual({ rejected: [] });
      const { batch: mixed, rejected } = await apply(
        sink,
        [...increments, ['Page', { views: -9 }, { path: '/b' }]],
        { attempt: 2 },
      );
      expect(rejected).toHaveLength(1);
      expect(await sink.giveUp(mixed, { ...context, reason })).toEqual({ rejected });
      expect(await views()).toEqual({ '/a': 4 });
    });

    test('is kept while the database is down', async () => {
      const before = (): void => {
        throw new Error('connect ECONNREFUSED');
      };
      const sink = kyselySink({ db: database.connect(faulty({ before })), models: PAGE });
      const batch = await batchOf(increments);
      await expect(sink.giveUp(batch, { ...context, reason })).rejects.toThrow('ECONNREFUSED');
    });

    test('by the buffer, after an ambiguous commit, leaves no dead letter', async () => {
      const committed = (): void => {
        throw new Error('Connection terminated unexpectedly');
      };
      const good = await sinkFor(PAGE);
      const bad = kyselySink({ db: database.connect(faulty({ committed })), models: PAGE });
      const verdict = (cause: unknown): never => {
        throw new Error('a verdict, though the batch was applied', { cause });
      };
      const sink = Object.assign((...args: Parameters<KyselySink>) => bad(...args).catch(verdict), {
        giveUp: good.giveUp,
      });
      const buffer = createBuffer({
        backend: memory(),
        partitions: 1,
        sink,
        maxAttempts: 1,
        giveUpAfterMs: 0,
      });
      await buffer.incr('Page', { views: 2 }, { path: '/a' });
      await buffer.processPending();
      expect(await buffer.deadLetters.list()).toEqual([]);
      await buffer.close();
      expect(await views()).toEqual({ '/a': 2 });
    });
  });

  describe('the ledger', () => {
    test('can be migrated again', async () => {
      const sink = await sinkFor(PAGE);
      await apply(sink, pages(1));
      await Promise.all([sink.migrate(), sink.migrate()]);
      expect(await ledger()).toHaveLength(1);
    });

    /** The time this many seconds ago, as the ledger keeps it. */
    function ago(seconds: number): RawBuilder<unknown> {
      if (mysql) return sql`utc_timestamp(3) - interval ${seconds} second`;
      if (postgres) return sql`now() - make_interval(secs => ${seconds}::float8)`;
      return sql`strftime('%Y-%m-%d %H:%M:%f', 'now', ${`-${seconds} seconds`})`;
    }

    async function insert(ids: readonly string[], partition: number, seconds: number): Promise<void> {
      const values = sql.join(ids.map((id) => sql`(${id}, ${sql.lit(partition)}, ${ago(seconds)})`));
      await sql`insert into sluice_ledger (id, partition_id, applied_at) values ${values}`.execute(db);
    }

    test('loses old rows of a partition in steps, after a batch of that partition', async () => {
      const sink = await sinkFor(PAGE, { ledgerRetentionMs: 60_000 });
      await insert(
        Array.from({ length: 1001 }, (_, i) => `0-${i}`),
        0,
        61,
      );
      await insert(['7-old'], 7, 61);
      await insert(['0-young'], 0, 59);
      await apply(sink, pages(1), { id: '0-new1' });
      expect(await ledger()).toHaveLength(4);
      await apply(sink, pages(1), { id: '0-new2' });
      expect((await ledger()).map(({ id }) => id)).toEqual(['0-new1', '0-new2', '0-young', '7-old']);
    });

    test('keeps the row of a batch that comes again after a long time', async () => {
      const sink = await sinkFor(PAGE, { ledgerRetentionMs: 60_000 });
      await insert(['0-old', '0-last'], 0, 600);
      for (let i = 0; i < 3; i += 1) await apply(sink, pages(1), { id: '0-last', attempt: i + 1 });
      expect((await ledger()).map(({ id }) => id)).toEqual(['0-last']);
      expect(await views()).toEqual({});
    });

    test('can be made by the SQL in the documentation', async () => {
      const page = await readFile(new URL('../../../../docs/kysely.md', import.meta.url), 'utf8');
      const name = mysql ? 'MySQL' : postgres ? 'PostgreSQL' : 'SQLite';
      const text = page.split(`-- ${name}\n`)[1]?.split('```')[0] ?? '';
      const statements = text.split(';').filter((statement) => statement.trim() !== '');
      expect(statements.length).toBeGreaterThan(0);
      for (const statement of statements) await sql.raw(statement).execute(db);
      const sink = kyselySink({ db, models: PAGE });
      await apply(sink, pages(1));
      await sink.migrate();
      await apply(sink, pages(1));
      expect(await views()).toEqual({ '/0': 2 });
    });

    test('that cannot be cleaned is only warned of', async () => {
      const warn = vi.spyOn(context.logger, 'warn');
      const before = (text: string): void => {
        if (text.includes('order by applied_at')) throw new Error('no rights');
      };
      await sinkFor(PAGE);
      await apply(kyselySink({ db: database.connect(faulty({ before })), models: PAGE }), pages(1));
      expect(warn.mock.calls).toEqual([['Old rows of the ledger could not be removed: Error: no rights']]);
      warn.mockRestore();
      expect(await views()).toEqual({ '/0': 1 });
    });
  });
}

function pages(count: number): Increment[] {
  return Array.from({ length: count }, (_, i): Increment => ['Page', { views: 1 }, { path: `/${i}` }]);
}

function plainRow(row: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plain(name, value)]));
}

function plain(name: string, value: unknown): unknown {
  if (value instanceof Date) return value.getTime();
  if (name.endsWith('_seen') && typeof value === 'string') return Date.parse(value);
  if (typeof value === 'bigint') return Number(value);
  return typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : value;
}
