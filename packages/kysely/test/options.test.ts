import { createBuffer } from '@sluice/core';
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
    ['models.Page.colums', { models: { Page: { table: 'pages', colums: [] } } }],
    ['ledger', { ledger: [] }],
    ['ledgerRetentionMs', { ledgerRetentionMs: 0 }],
    ['timeoutMs', { timeoutMs: -1 }],
    ['timeoutMs', { timeoutMs: 1.5 }],
    ['isolateAfter', { isolateAfter: 0 }],
    ['missing', { missing: 'drop' }],
    ['onMissing', { onMissing: 'warn' }],
    ['tables', { tables: {} }],
  ])('that are wrong are named: %s in %j', (name, wrong) => {
    expect(() => kyselySink({ db, models, ...wrong } as never)).toThrow(
      expect.objectContaining({
        code: 'ERR_SLUICE_INVALID_OPTION',
        message: expect.stringContaining(JSON.stringify(name)),
      }),
    );
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
