/**
 * What the compiler must accept and refuse: checked by `tsc`, never run. A line under `@ts-expect-error` that became
 * legal is an error, too.
 */
import { type AnySchema, type Backend, createBuffer, type Sink } from '@sluice/core';
import type { ColumnType, Generated, GeneratedAlways, Kysely } from 'kysely';
import { expectTypeOf } from 'vitest';
import { type KyselySink, type KyselySinkOptions, kyselySink, type ModelMapping } from '../src/index.js';

interface Database {
  pages: {
    path: string;
    lang: string | null;
    views: Generated<number>;
    likes: ColumnType<string, string | undefined, bigint | string>;
    score: number & { readonly brand: 'score' };
    loose: unknown;
    rank: GeneratedAlways<number>;
    last_seen: Date | null;
    first_seen: ColumnType<Date, Date | string, Date | string>;
    hidden: boolean;
  };
  users: { id: number; logins: number };
  'stats.pages': { url: string; hits: number };
}

interface Models {
  Page: { columns: 'views' | 'likes'; filters: { path: string; lang?: string }; extra: { lastSeen: Date } };
  User: { columns: 'logins'; filters: { user: number } };
}

type DatabaseAlias = { [T in keyof Database]: Database[T] };
type ModelsAlias = { [M in keyof Models]: Models[M] };

declare const db: Kysely<Database>;
declare const alias: Kysely<DatabaseAlias>;
// biome-ignore lint/suspicious/noExplicitAny: what users of Kysely write
declare const anything: Kysely<any>;
declare const unknown: Kysely<unknown>;
declare const backend: Backend;

// The type of the database checks tables and columns; names are free.
const inferred = kyselySink({
  db,
  models: {
    Page: {
      table: 'pages',
      keys: ['path', 'lang'],
      columns: ['views', 'likes', 'score', 'loose'],
      extra: { seenAt: 'last_seen' },
    },
    Stats: { table: 'stats.pages', mode: 'update', keys: { path: 'url' }, columns: { any: 'hits' } },
    Elsewhere: { table: ['other', 'table'], keys: ['any'], columns: { any: 'name' } },
    Whole: { table: 'users' },
  },
});
expectTypeOf(inferred).toEqualTypeOf<KyselySink>();
kyselySink({ db: alias, models: { User: { table: 'users', columns: ['logins'] } } });
kyselySink({ db, models: { Page: { table: 'pages', onInsert: { lang: 'en', first_seen: new Date() } } } });
// @ts-expect-error: no such column
kyselySink({ db, models: { Page: { table: 'pages', onInsert: { created_by: 'sluice' } } } });

// What a column is counted like.
kyselySink({
  db,
  models: {
    Page: {
      table: 'pages',
      columns: {
        views: { min: 0 },
        hits: { column: 'views', min: 0n },
        likes: { scale: 6 },
      },
    },
  },
});
// @ts-expect-error: no such property
kyselySink({ db, models: { Page: { table: 'pages', columns: { views: { mni: 0 } } } } });
// @ts-expect-error: no such column
kyselySink({ db, models: { Page: { table: 'pages', columns: { other: { column: 'vews' } } } } });
// @ts-expect-error: no number fits a Date
kyselySink({ db, models: { Page: { table: 'pages', columns: { seen: { column: 'last_seen' } } } } });
// @ts-expect-error: a scale is a number
kyselySink({ db, models: { Page: { table: 'pages', columns: { views: { scale: '6' } } } } });

// Five mistakes in one mapping are five errors.
kyselySink({
  db,
  models: {
    Page: {
      table: 'pages',
      // @ts-expect-error: no such mode
      mode: 'updaet',
      // @ts-expect-error: no such column
      keys: ['pth'],
      columns: [
        // @ts-expect-error: no such column
        'vews',
        // @ts-expect-error: a column of another table
        'logins',
      ],
      // @ts-expect-error: no such column
      extra: { seenAt: 'lastseen' },
    },
  },
});
// A table that is misspelt leaves the columns to be those of any table.
kyselySink({
  db,
  models: {
    Page: {
      // @ts-expect-error: no such table
      table: 'pags',
      // @ts-expect-error: no such column anywhere
      keys: ['pth'],
      // @ts-expect-error: no such column anywhere
      columns: ['vews'],
    },
  },
});
// @ts-expect-error: no such property
kyselySink({ db, models: { Page: { table: 'pages', colums: ['views'] } } });
// @ts-expect-error: no such option
kyselySink({ db, models: { Page: { table: 'pages' } }, tables: {} });
// @ts-expect-error: a table is required
kyselySink({ db, models: { Page: { columns: ['views'] } } });
// @ts-expect-error: no number fits a Date
kyselySink({ db, models: { Page: { table: 'pages', columns: ['last_seen'] } } });
// @ts-expect-error: a Date's text is no number
kyselySink({ db, models: { Page: { table: 'pages', columns: ['first_seen'] } } });
// @ts-expect-error: no number fits a boolean
kyselySink({ db, models: { Page: { table: 'pages', columns: { views: 'hidden' } } } });
// @ts-expect-error: a column that is never updated
kyselySink({ db, models: { Page: { table: 'pages', columns: ['rank'] } } });

// With a schema, models and names are checked, too: given as the type of the sink, …
const sink: KyselySink<Models> = kyselySink({
  db,
  models: {
    Page: { table: 'pages', keys: ['path'], columns: ['views', 'likes'], extra: { lastSeen: 'last_seen' } },
    User: { table: 'users', keys: { user: 'id' }, columns: ['logins'] },
  },
});
createBuffer<Models>({ backend, sink });
expectTypeOf(sink).toExtend<Sink<Models>>();

// … by the buffer, …
createBuffer<ModelsAlias>({
  backend,
  sink: kyselySink({
    db: alias,
    models: {
      Page: {
        table: 'pages',
        // @ts-expect-error: no such filter
        keys: ['views'],
        columns: [
          'views',
          // @ts-expect-error: a column of the table, but not of the model
          'score',
        ],
        extra: {
          // @ts-expect-error: no such extra
          lastSen: 'last_seen',
        },
      },
      User: {
        table: 'users',
        // @ts-expect-error: a filter that is no column needs a mapping
        keys: ['user'],
        // @ts-expect-error: a column of another table
        columns: { logins: 'views' },
        // @ts-expect-error: the model has no extra
        extra: ['id'],
      },
      // @ts-expect-error: no such model
      Usr: { table: 'users' },
    },
    onMissing: ({ entries }) => expectTypeOf(entries[0]?.model).toEqualTypeOf<'Page' | 'User' | undefined>(),
  }),
});

// … or as a type argument.
const given = kyselySink<Database, Models>({
  db,
  models: {
    Page: {
      table: 'pages',
      // @ts-expect-error: no such mode
      mode: 'updaet',
      // @ts-expect-error: no such filter
      keys: ['pth'],
      columns: [
        // @ts-expect-error: no such column
        'vews',
        // @ts-expect-error: no such column
        'lkes',
      ],
      extra: {
        // @ts-expect-error: no such extra
        lastSen: 'last_seen',
      },
    },
    User: { table: 'users', keys: { user: 'id' }, columns: ['logins'] },
  },
});
expectTypeOf(given).toEqualTypeOf<KyselySink<Models>>();
kyselySink<Database, Models>({
  db,
  models: {
    // @ts-expect-error: columns of another table
    Page: { table: 'pages', keys: { path: 'id' }, columns: { views: 'logins' } },
    User: { table: 'users' },
  },
});
// @ts-expect-error: the entries of a model that is left out would become dead letters
kyselySink<Database, Models>({ db, models: { Page: { table: 'pages' } } });
// @ts-expect-error: a sink of other models
createBuffer<{ Other: { columns: 'n'; filters: { id: number } } }>({ backend, sink });

const counted: KyselySink<Models> = kyselySink({
  db,
  models: {
    Page: {
      table: 'pages',
      columns: {
        views: { min: 0 },
        // @ts-expect-error: a column of the table, but not of the model
        score: { min: 0 },
      },
    },
    // @ts-expect-error: a column of another table
    User: { table: 'users', columns: { logins: { column: 'views' } } },
  },
});
const renamed: KyselySink<Models> = kyselySink({
  db,
  models: {
    // @ts-expect-error: a name that is no column needs one
    Page: { table: 'stats.pages', columns: { views: { min: 0 } } },
    User: { table: 'stats.pages', columns: { logins: { column: 'hits', min: 0 } } },
  },
});
for (const sink of [counted, renamed]) createBuffer<Models>({ backend, sink });

// A schema alone checks names; the columns of the table are free.
const named: KyselySink<Models> = kyselySink({
  db: anything,
  models: {
    Page: { table: 'any', keys: { path: 'url' }, columns: ['views'] },
    // @ts-expect-error: no such filter
    User: { table: 'any', keys: { usr: 'id' } },
  },
});
expectTypeOf(named.giveUp).parameter(0).toHaveProperty('entries');

// biome-ignore lint/suspicious/noExplicitAny: what lets the columns of a typed database be free
kyselySink<any, Models>({
  db,
  models: {
    Page: { table: ['stats', 'pages'], keys: { path: 'url' }, columns: { views: 'page_views' } },
    // @ts-expect-error: no such filter
    User: { table: 'any', keys: { usr: 'id' } },
  },
});

// Without types all is loose, and the sink serves any buffer.
const models = { Any: { table: 'any', keys: { a: 'b' }, columns: ['c'], extra: ['d'] } } as const;
const loose = kyselySink({ db: unknown, models });
expectTypeOf(loose).toEqualTypeOf<KyselySink>();
expectTypeOf(kyselySink({ db: anything, models })).toEqualTypeOf<KyselySink>();
createBuffer<Models>({ backend, sink: loose });
createBuffer({ backend, sink: loose });
declare const options: KyselySinkOptions;
kyselySink(options);
const free: KyselySinkOptions['models'] = {
  Any: { table: ['any', 'table'], columns: ['c'] },
  Floor: { table: 'any', columns: { c: { min: 0, scale: 2 }, d: { column: 'c', min: 0, scale: 2 }, e: 'e' } },
};
kyselySink({ db: unknown, models: free });
// @ts-expect-error: a table's name is text
kyselySink({ db: unknown, models: { Any: { table: 5 } } });
// @ts-expect-error: names are text
kyselySink({ db: unknown, models: { Any: { table: 'any', columns: [5] } } });

// Editors complete from unions of literals: nothing widens them to string.
type PageMapping = ModelMapping<Database, Models, 'Page', 'pages'>;
type Listed<N> = N extends readonly (infer Name)[] ? Name : never;
type Mapped<N> = N extends readonly unknown[] | undefined ? never : N;
expectTypeOf<PageMapping['table']>().toEqualTypeOf<'pages'>();
expectTypeOf<ModelMapping<Database>['table']>().toEqualTypeOf<'pages' | 'users' | 'stats.pages'>();
expectTypeOf<Listed<PageMapping['keys']>>().toEqualTypeOf<'path' | 'lang'>();
expectTypeOf<Listed<PageMapping['columns']>>().toEqualTypeOf<'views' | 'likes'>();
expectTypeOf<keyof Mapped<PageMapping['extra']>>().toEqualTypeOf<'lastSeen'>();
type FreeMapping = ModelMapping<Database, AnySchema, 'Page', 'pages'>;
expectTypeOf<Listed<FreeMapping['columns']>>().toEqualTypeOf<
  'path' | 'lang' | 'views' | 'likes' | 'score' | 'loose'
>();
expectTypeOf<Listed<FreeMapping['extra']>>().toEqualTypeOf<keyof Database['pages']>();
