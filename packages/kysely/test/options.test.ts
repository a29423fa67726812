import { createBuffer, max } from '@sluice/core';
import { memory } from '@sluice/memory';
import { type Kysely, MssqlAdapter, MysqlAdapter, PostgresAdapter, SqliteAdapter } from 'kysely';
import { describe, expect, test } from 'vitest';
import { dialectOf } from '../src/dialects/choose.js';
import { mysql } from '../src/dialects/mysql/mysql.js';
import { postgres } from '../src/dialects/postgres/postgres.js';
import { sqlite } from '../src/dialects/sqlite/sqlite.js';
import { type KyselySinkOptions, kyselySink, migrateLedger } from '../src/index.js';

function speaking(adapter: unknown): Kysely<unknown> {
  return { getExecutor: () => ({ adapter }), withoutPlugins: () => ({}) } as never;
}

const db = speaking(new PostgresAdapter());
const models: KyselySinkOptions['models'] = { Page: { table: 'pages' } };

function page(mapping: object): object {
  return { models: { Page: { table: 'pages', ...mapping } } };
}

describe('options', () => {
  test.each<[string, object]>([
    ['db', { db: {} }],
    ['dialect', { dialect: 'oracle' }],
    ['models', { models: undefined }],
    ['models', { models: ['Page'] }],
    ['models.Page', { models: { Page: 'pages' } }],
    ['models.Page.table', { models: { Page: {} } }],
    ['models.Page.table', { models: { Page: { table: '' } } }],
    ['models.Page.table', { models: { Page: { table: 'a..b' } } }],
    ['models.Page.mode', { models: { Page: { table: 'pages', mode: 'insert' } } }],
    ['models.Page.keys', { models: { Page: { table: 'pages', keys: { path: 1 } } } }],
    ['models.Page.keys', { models: { Page: { table: 'pages', keys: 'path' } } }],
    ['models.Page.columns', { models: { Page: { table: 'pages', columns: [''] } } }],
    ['models.Page.columns', { models: { Page: { table: 'pages', columns: { views: '__proto__' } } } }],
    ['models.Page.extra', { models: { Page: { table: 'pages', extra: [null] } } }],
    ['models.Page.columns', page({ columns: { views: null } })],
    ['models.Page.columns', page({ columns: { views: ['views'] } })],
    ['models.Page.columns.views.mni', page({ columns: { views: { mni: 0 } } })],
    ['models.Page.columns.views.column', page({ columns: { views: { column: '' } } })],
    ['models.Page.columns.views.column', page({ columns: { views: { column: null } } })],
    ...[-1, 19, 1.5, '2', 2n, null, Number.NaN].map((scale): [string, object] => [
      'models.Page.columns.views.scale',
      page({ columns: { views: { scale } } }),
    ]),
    ...['0', 0.5, null, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53].map((min): [string, object] => [
      'models.Page.columns.views.min',
      page({ columns: { views: { min } } }),
    ]),
    ['models.Page.columns', page({ columns: { hits: { column: 'views', min: 0 }, views: 'views' } })],
    ['models.Page.columns', page({ columns: { hits: { column: 'views', scale: 2 }, views: { scale: 3 } } })],
    ['models.Page.columns', page({ columns: { a: { column: 'n', min: 1 }, b: { column: 'n', min: 2n } } })],
    ['models.Page.keys', page({ keys: { path: 'path', url: 'path' } })],
    ['models.Page.columns', page({ keys: ['path'], columns: { views: 'path' } })],
    ['models.Page.columns', page({ keys: { path: 'id' }, columns: { views: { column: 'id', min: 0 } } })],
    ['models.Page.extra', page({ keys: ['path'], extra: { title: 'path' } })],
    ['models.Page.onInsert', page({ keys: { path: 'id' }, onInsert: { id: 1 } })],
    ['models.Page.onInsert', page({ mode: 'update', onInsert: { maker: 'sluice' } })],
    ...[
      Number.NaN,
      new Date(Number.NaN),
      Symbol('a'),
      () => 1,
      max(1),
      new Map(),
      2n ** 130n,
      '\ud800',
      'a\0',
    ].map((maker): [string, object] => ['models.Page.onInsert', page({ onInsert: { maker } })]),
    ['models.Page.colums', { models: { Page: { table: 'pages', colums: [] } } }],
    ['ledger', { ledger: [] }],
    ['ledgerRetentionMs', { ledgerRetentionMs: 0 }],
    ['timeoutMs', { timeoutMs: -1 }],
    ['timeoutMs', { timeoutMs: 1.5 }],
    ['isolateAfter', { isolateAfter: 0 }],
    ['missing', { missing: 'drop' }],
    ['onMissing', { onMissing: 'warn' }],
    ['tables', { tables: {} }],
  ])('that are wrong are named: %s in %o', (name, wrong) => {
    expect(() => kyselySink({ db, models, ...wrong } as never)).toThrow(
      expect.objectContaining({
        code: 'ERR_SLUICE_INVALID_OPTION',
        message: expect.stringContaining(JSON.stringify(name)),
      }),
    );
  });

  test('names for one column agree in what they say of it, in the words of the database', () => {
    const columns = { hits: { column: 'VIEWS', min: 0 }, views: { min: 0n, scale: 0 } };
    const wrong = { hits: { column: 'VIEWS', min: 0 }, views: { min: 1 } };
    expect(kyselySink({ db, models: { Page: { table: 'pages', columns } } })).toBeDefined();
    expect(kyselySink({ db, models: { Page: { table: 'pages', columns: wrong } } })).toBeDefined();
    expect(() =>
      kyselySink({ db, dialect: 'sqlite', models: { Page: { table: 'pages', columns: wrong } } }),
    ).toThrow(
      'The option "models.Page.columns" of kyselySink must be the same for "hits" and "views", which share the column "VIEWS": `min` and `scale`.',
    );
    const least = { views: { min: -(2n ** 63n) - 1n } };
    expect(kyselySink({ db, models: { Page: { table: 'pages', columns: least } } })).toBeDefined();
    expect(() =>
      kyselySink({ db, dialect: 'sqlite', models: { Page: { table: 'pages', columns: least } } }),
    ).toThrow('does not fit into the 64 bits');
  });

  test('that are unknown are refused, with a list of those that there are', () => {
    const wrong = { Page: { table: 'pages', colums: [] } };
    expect(() => kyselySink({ db, models: wrong as never })).toThrow(
      'kyselySink has no option "models.Page.colums"; there are "table", "mode", "keys", "columns", "extra", "onInsert".',
    );
  });

  test('the language is that of the dialect, or the one that is given', async () => {
    expect(dialectOf(speaking(new PostgresAdapter()))).toBe(postgres);
    expect(dialectOf(speaking(new MysqlAdapter()))).toBe(mysql);
    expect(dialectOf(speaking(new SqliteAdapter()))).toBe(sqlite);
    expect(dialectOf(speaking(new SqliteAdapter()), 'postgres')).toBe(postgres);
    expect(() => kyselySink({ db: speaking(new MssqlAdapter()), models })).toThrow('SQL Server');
    await expect(migrateLedger(speaking(new MssqlAdapter()))).rejects.toThrow('SQL Server');
  });

  test('a sink fits buffers with any schema', () => {
    interface Tables {
      pages: { path: string; views: number };
    }
    type Schema = {
      Page: { columns: 'views'; filters: { path: string }; extra: { lastSeen: Date } };
    };
    const typed = db as unknown as Kysely<Tables>;
    const sink = kyselySink({ db: typed, models: { Page: { table: 'pages', keys: ['path'] as const } } });
    expect(createBuffer<Schema>({ backend: memory(), sink })).toBeDefined();
    expect(createBuffer({ backend: memory(), sink })).toBeDefined();
  });
});
