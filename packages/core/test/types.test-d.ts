/**
 * What the compiler must accept and refuse: checked by `tsc`, never run. A line under `@ts-expect-error` that became
 * legal is an error, too.
 */
import {
  type Backend,
  type Batch,
  type Buffer,
  type BufferEvents,
  createBuffer,
  createWorker,
  type Entry,
  type Filters,
  max,
  min,
  openBuffer,
  type Sink,
} from '@sluice/core';
import { expectTypeOf } from 'vitest';

interface Models {
  Page: {
    columns: 'views' | 'likes';
    filters: { path: string; lang?: string };
    extra: { title: string; lastSeen: Date; rank: number; tags: string[] };
  };
  User: { columns: 'logins'; filters: { id: number } };
}

declare const backend: Backend;
declare const buffer: Buffer<Models>;
declare const loose: Buffer;
const path = '/docs';
const at = new Date(0);

// With a schema, every part of an increment is checked against its model.
expectTypeOf(createBuffer<Models>({ backend })).toEqualTypeOf<Buffer<Models>>();
expectTypeOf(openBuffer<Models>({ url: 'memory:' })).resolves.toEqualTypeOf<Buffer<Models>>();
expectTypeOf(buffer.incr('Page', { views: 1 }, { path })).resolves.toEqualTypeOf<void>();
void buffer.incr('Page', {}, { path, lang: 'en' }, { title: 'Docs', tags: ['a'] }, { signalOnly: true });
void buffer.incr('Page', { views: 1, likes: 2 }, { path }, { lastSeen: max(at), rank: min(1) });
void buffer.incr('User', { logins: 1 }, { id: 1 });
// @ts-expect-error: no such model
void buffer.incr('Pages', { views: 1 }, { path });
// @ts-expect-error: a column of another model
void buffer.incr('Page', { logins: 1 }, { path });
// @ts-expect-error: an amount is a number
void buffer.incr('Page', { views: 1n }, { path });
// @ts-expect-error: a filter is missing
void buffer.incr('Page', { views: 1 }, {});
// @ts-expect-error: filters are required
void buffer.incr('Page', { views: 1 });
// @ts-expect-error: no such filter
void buffer.incr('Page', { views: 1 }, { path, id: 1 });
// @ts-expect-error: a filter of the wrong type
void buffer.incr('User', { logins: 1 }, { id: '1' });
// @ts-expect-error: no such extra
void buffer.incr('Page', { views: 1 }, { path }, { titel: 'Docs' });
// @ts-expect-error: extra of the wrong type
void buffer.incr('Page', { views: 1 }, { path }, { title: 1 });
// @ts-expect-error: max() of a number where a Date belongs
void buffer.incr('Page', { views: 1 }, { path }, { lastSeen: max(1) });
// @ts-expect-error: a string has no greatest
void buffer.incr('Page', { views: 1 }, { path }, { title: max('Docs') });
// @ts-expect-error: a model without extra takes none
void buffer.incr('User', { logins: 1 }, { id: 1 }, { title: 'x' });
// @ts-expect-error: no such option
void buffer.incr('User', { logins: 1 }, { id: 1 }, {}, { signalonly: true });

// get answers the columns asked for.
expectTypeOf(buffer.get('Page', ['views'], { path })).resolves.toEqualTypeOf<Record<'views', number>>();
expectTypeOf(buffer.get('Page', ['views', 'likes'], { path })).resolves.toEqualTypeOf<
  Record<'views' | 'likes', number>
>();
// @ts-expect-error: a column of another model
void buffer.get('Page', ['logins'], { path });

// A sink's entries are told apart by their model.
const sink: Sink<Models> = async ({ entries }) => {
  for (const entry of entries) {
    expectTypeOf(entry.model).toEqualTypeOf<'Page' | 'User'>();
    expectTypeOf(entry.signalOnly).toEqualTypeOf<boolean>();
    expectTypeOf(entry.firstAt).toEqualTypeOf<Date>();
    if (entry.model === 'Page') {
      expectTypeOf(entry.filters).toEqualTypeOf<Models['Page']['filters']>();
      expectTypeOf(entry.columns.views).toEqualTypeOf<number | undefined>();
      expectTypeOf(entry.extra.lastSeen?.value).toEqualTypeOf<Date | undefined>();
      expectTypeOf(entry.extra.title?.rule).toEqualTypeOf<'last' | 'max' | 'min' | undefined>();
      // @ts-expect-error: a column of another model
      void entry.columns.logins;
    } else {
      expectTypeOf(entry.filters.id).toEqualTypeOf<number>();
      // @ts-expect-error: a filter of another model
      void entry.filters.path;
    }
  }
};
createBuffer<Models>({ backend, sink });
declare const foreign: Sink<{ Other: { columns: 'n'; filters: Filters } }>;
// @ts-expect-error: a sink of other models
createBuffer<Models>({ backend, sink: foreign });
// @ts-expect-error: a sink answers a promise
createBuffer<Models>({ backend, sink: () => 5 });

// A sink of any models, such as a package's, serves a buffer of given ones, and so do workers.
declare const general: Sink;
createBuffer<Models>({ backend, sink: general });
createWorker(buffer);
createWorker(loose);
expectTypeOf<Entry<Models>>().toExtend<Entry>();

// Events and dead letters know the models, too.
buffer.on('processed', ({ batch }) => expectTypeOf(batch).toEqualTypeOf<Batch<Models>>());
buffer.on('lost', (event) => expectTypeOf(event).toEqualTypeOf<BufferEvents['lost']>());
buffer.on('error', (error) => expectTypeOf(error).toEqualTypeOf<unknown>());
// @ts-expect-error: no such event
buffer.on('procesed', () => {});
void buffer.deadLetters
  .list()
  .then(([letter]) => expectTypeOf(letter?.entry).toEqualTypeOf<Entry<Models> | undefined>());

// Without a schema, names are free and values are checked.
expectTypeOf(createBuffer({ backend })).toEqualTypeOf<Buffer>();
void loose.incr('Any', { any: 1 }, { s: '', n: 1, b: true, i: 1n, z: null, d: at });
void loose.incr('Any', { any: 1 }, {}, { a: max(1), b: min(at), c: ['x', { y: null }], d: 1n, e: at });
expectTypeOf(loose.get('Any', ['a', 'b'], {})).resolves.toEqualTypeOf<Record<'a' | 'b', number>>();
// @ts-expect-error: an amount is a number
void loose.incr('Any', { any: '1' }, {});
// @ts-expect-error: a filter is a scalar
void loose.incr('Any', { any: 1 }, { f: {} });
// @ts-expect-error: a filter is not undefined
void loose.incr('Any', { any: 1 }, { f: undefined });
// @ts-expect-error: a function is no extra
void loose.incr('Any', { any: 1 }, {}, { a: () => {} });
// @ts-expect-error: max() takes numbers and Dates
max('x');
// @ts-expect-error: no such option
createBuffer({ backend, partition: 8 });
// @ts-expect-error: a backend is required
createBuffer({});
// @ts-expect-error: a url is required
void openBuffer({});
