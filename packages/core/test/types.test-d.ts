/**
 * What the compiler must accept and refuse: checked by `tsc`, never run. A line under `@ts-expect-error` that became
 * legal is an error, too.
 */
import {
  type Backend,
  type Batch,
  type BatchStats,
  type Buffer,
  type BufferEvents,
  type BufferOptions,
  createBuffer,
  createWorker,
  type DeadLetters,
  type Entry,
  type Filters,
  max,
  min,
  openBuffer,
  type Schema,
  type Sink,
  type SluiceBuffer,
  type Worker,
} from '@sluice/core';
import { type RecordingSink, recordingSink } from '@sluice/testing';
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
void buffer.incr('Page', { views: 1 }, { path }, { title: max('Docs') });
void buffer.incr('Page', { views: 1 }, { path }, { lastSeen: max(new Date(), { title: 'Docs' }) });
// @ts-expect-error: no such companion
void buffer.incr('Page', { views: 1 }, { path }, { lastSeen: max(new Date(), { titel: 'Docs' }) });
// @ts-expect-error: a companion of the wrong type
void buffer.incr('Page', { views: 1 }, { path }, { lastSeen: max(new Date(), { title: 1 }) });
// @ts-expect-error: a model without extra takes none
void buffer.incr('User', { logins: 1 }, { id: 1 }, { title: 'x' });
// @ts-expect-error: no such option
void buffer.incr('User', { logins: 1 }, { id: 1 }, {}, { signalonly: true });

// get returns the columns asked for.
expectTypeOf(buffer.get('Page', ['views'], { path })).resolves.toEqualTypeOf<Record<'views', number>>();
expectTypeOf(buffer.get('Page', ['views', 'likes'], { path })).resolves.toEqualTypeOf<
  Record<'views' | 'likes', number>
>();
// @ts-expect-error: a column of another model
void buffer.get('Page', ['logins'], { path });

// getMany does the same for a list of filters.
const pages = [{ path }, { path, lang: 'en' }];
expectTypeOf(buffer.getMany('Page', ['views'], pages)).resolves.toEqualTypeOf<Record<'views', number>[]>();
expectTypeOf(loose.getMany('Any', ['a', 'b'], [])).resolves.toEqualTypeOf<Record<'a' | 'b', number>[]>();
// @ts-expect-error: a column of another model
void buffer.getMany('Page', ['logins'], pages);
// @ts-expect-error: no such model
void buffer.getMany('Pages', ['views'], pages);
// @ts-expect-error: a filter is missing from one of them
void buffer.getMany('Page', ['views'], [{ path }, {}]);
// @ts-expect-error: a list of filters, not the filters of one target
void buffer.getMany('Page', ['views'], { path });

// Each partition's statistics have its unsettled batch.
void buffer.stats().then(({ oldestPendingMs, partitions: [partition] }) => {
  expectTypeOf(oldestPendingMs).toEqualTypeOf<number>();
  expectTypeOf(partition?.batch).toEqualTypeOf<BatchStats | undefined>();
  expectTypeOf(partition?.batch?.failingForMs).toEqualTypeOf<number | undefined>();
});

// The model of a sink's entry narrows its type.
const sink: Sink<Models> = async ({ entries }) => {
  for (const entry of entries) {
    expectTypeOf(entry.model).toEqualTypeOf<'Page' | 'User'>();
    expectTypeOf(entry.signalOnly).toEqualTypeOf<boolean>();
    expectTypeOf(entry.firstAt).toEqualTypeOf<Date>();
    if (entry.model === 'Page') {
      expectTypeOf(entry.filters).toEqualTypeOf<Readonly<Models['Page']['filters']>>();
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
// @ts-expect-error: a sink returns a promise
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
// @ts-expect-error: what is true has no greatest
max(true);
// @ts-expect-error: companions have names
max(1, 'x');
void loose.incr('Any', { any: 1 }, {}, { a: max(1n, { b: { c: [1] } }) });
// @ts-expect-error: no such option
createBuffer({ backend, partition: 8 });
// @ts-expect-error: a backend is required
createBuffer({});
// @ts-expect-error: a url is required
void openBuffer({});

// A schema's mistakes are found where it is given, not taken for "any name".
type Page = Models['Page'];
// @ts-expect-error: columns are misspelt
createBuffer<{ Page: { colums: 'views'; filters: { path: string } } }>({ backend });
// @ts-expect-error: columns are missing
createBuffer<{ Page: { filters: { path: string } } }>({ backend });
// @ts-expect-error: filters are missing
createBuffer<{ Page: { columns: 'views' } }>({ backend });
// @ts-expect-error: filters are misspelt
createBuffer<{ Page: { columns: 'views'; filter: { path: string } } }>({ backend });
// @ts-expect-error: extra is misspelt
createBuffer<{ Page: { columns: 'views'; filters: { path: string }; extras: { title: string } } }>({
  backend,
});
// @ts-expect-error: one model is right, the other is not
createBuffer<{ Page: Page; User: { columns: 'logins' } }>({ backend });
// @ts-expect-error: columns are names
createBuffer<{ Page: { columns: number; filters: { path: string } } }>({ backend });
// @ts-expect-error: columns are names, not an object of them
createBuffer<{ Page: { columns: { views: number }; filters: { path: string } } }>({ backend });
// @ts-expect-error: filters are an object, not names
createBuffer<{ Page: { columns: 'views'; filters: 'path' } }>({ backend });
// @ts-expect-error: a filter is a scalar
createBuffer<{ Page: { columns: 'views'; filters: { path: { at: string } } } }>({ backend });
// @ts-expect-error: a filter is not undefined
createBuffer<{ Page: { columns: 'views'; filters: { path: string | undefined } } }>({ backend });
// @ts-expect-error: a function is no extra
createBuffer<{ Page: { columns: 'views'; filters: { path: string }; extra: { run: () => void } } }>({
  backend,
});
// @ts-expect-error: nor is one inside an object
createBuffer<{ Page: { columns: 'v'; filters: { p: string }; extra: { o: { run: () => void } } } }>({
  backend,
});
// @ts-expect-error: JSON has no Map
createBuffer<{ Page: { columns: 'v'; filters: { p: string }; extra: { o: Map<string, string> } } }>({
  backend,
});
// @ts-expect-error: a model is an object
createBuffer<{ Page: 'views' }>({ backend });
// @ts-expect-error: a schema is an object
createBuffer<'Page'>({ backend });

type Misspelt = { Page: { colums: 'views'; filters: { path: string } } };
// @ts-expect-error: everything that takes a schema checks it
void openBuffer<Misspelt>({ url: 'memory:' });
// @ts-expect-error: everything that takes a schema checks it
recordingSink<Misspelt>();
export type Checked = [
  // @ts-expect-error: everything that takes a schema checks it
  Buffer<Misspelt>,
  // @ts-expect-error: everything that takes a schema checks it
  BufferOptions<Misspelt>,
  // @ts-expect-error: everything that takes a schema checks it
  BufferEvents<Misspelt>,
  // @ts-expect-error: everything that takes a schema checks it
  Sink<Misspelt>,
  // @ts-expect-error: everything that takes a schema checks it
  Batch<Misspelt>,
  // @ts-expect-error: everything that takes a schema checks it
  Entry<Misspelt>,
  // @ts-expect-error: everything that takes a schema checks it
  DeadLetters<Misspelt>,
  // @ts-expect-error: everything that takes a schema checks it
  RecordingSink<Misspelt>,
];

// Type aliases and interfaces, which have no index signature, will do: as the schema, a model, filters, extra, JSON.
interface Address {
  street: string;
  tags?: readonly string[];
}
interface Tree {
  name: string;
  children: Tree[];
}
interface Customer {
  id: bigint;
  day: Date;
  region?: 'eu' | 'us' | null;
}
interface Details {
  address: Address;
  tree: Tree;
  either: Date | Address;
  plain: { a: [1, { b: null }] };
}
interface Meter {
  columns: 'bytes';
  filters: Customer;
  extra: Details;
}
interface Interfaces {
  readonly Meter: Meter;
}
type Aliases = { Meter: { columns: 'bytes'; filters: { id: bigint; day: Date }; extra: { seen: Date } } };
const meters = createBuffer<Interfaces>({ backend, sink: recordingSink<Interfaces>() });
const tree: Tree = { name: 'root', children: [] };
void meters.incr('Meter', { bytes: 1 }, { id: 1n, day: at }, { address: { street: 'x' }, tree, either: at });
expectTypeOf(createBuffer<Aliases>({ backend })).toEqualTypeOf<Buffer<Aliases>>();
export const street = (entry: Entry<Interfaces>): Address | Tree | undefined =>
  entry.extra.address?.value ?? entry.extra.tree?.value;
createBuffer<Interfaces>({ backend, sink: general });

// So will a schema that is itself generic.
export function service<S extends Schema<S>>(options: BufferOptions<S>): Buffer<S> {
  return createBuffer<S>(options);
}
expectTypeOf(service<Models>({ backend })).toEqualTypeOf<Buffer<Models>>();

// Node has a global `Buffer`: the other name means the same.
expectTypeOf<SluiceBuffer<Models>>().toEqualTypeOf<Buffer<Models>>();
expectTypeOf<SluiceBuffer>().toEqualTypeOf<Buffer>();

// A recording sink knows the models, too.
const recorded = recordingSink<Models>();
expectTypeOf(recorded.entries).toEqualTypeOf<readonly Entry<Models>[]>();
void recorded.total('Page', 'views', { path });
void recorded.total('Page', 'likes');
// @ts-expect-error: a column of another model
void recorded.total('Page', 'logins');
void recordingSink().total('Any', 'any', { id: 1 });

// A user's test can write each of these as a plain object: no interface hides a class behind it.
export const deadLetters: DeadLetters<Models> = {
  list: async () => [],
  redrive: async () => 0,
  discard: async () => 0,
};
export const worker: Worker = { stop: async () => {}, [Symbol.asyncDispose]: async () => {} };
const totals = { pending: 0, claimed: 0, dead: 0, oldestPendingMs: 0, added: 0, taken: 0 };
const stats = { held: 0, dropped: 0, ...totals, partitions: [], unavailable: [] };
export const double: Buffer<Models> = {
  incr: async () => {},
  count() {},
  get: async () => ({}) as never,
  getMany: async () => [],
  peek: async () => [],
  flush: async () => {},
  processPending: async () => ({ batches: 0, entries: 0, retried: 0, buried: 0, busy: [] }),
  pendingPartitions: async () => [],
  claim: async () => ({ status: 'empty' }),
  process: async () => 'applied',
  giveUp: async () => ({ status: 'empty' }),
  stats: async () => stats,
  health: () => ({ status: 'ready', failingForMs: 0, held: 0, heldForMs: 0, increments: 0, dropped: 0 }),
  deadLetters,
  validate: async () => ({ durability: 'none', advice: [] }),
  on: () => () => {},
  close: async () => {},
  [Symbol.asyncDispose]: async () => {},
};
export const nowhere: Backend = {
  name: 'nowhere',
  join: async () => ({ producer: 'p', epoch: 'e', position: 0 }),
  add: async ({ position }) => ({ status: 'applied', position, refused: [] }),
  claim: async () => ({ status: 'empty' }),
  renew: async () => false,
  ack: async () => false,
  ackAndClaim: async () => false,
  nack: async () => false,
  bury: async () => false,
  read: async (targets) => targets.map(() => ({ pending: undefined, claimed: undefined })),
  partitionCounts: async () => [],
  partitions: async () => [],
  stats: async () => [],
  deadLetters: async () => [],
  redrive: async () => [],
  discard: async () => [],
  validate: async () => ({ durability: 'none', advice: [] }),
  close: async () => {},
};
// @ts-expect-error: a type, not a value: there is nothing to make one of
void DeadLetters;

// A logger is anything that is called as `console` is: pino's and winston's methods are overloaded.
interface LogFn {
  <T>(object: T, message?: string, ...rest: unknown[]): void;
  (message: string, ...rest: unknown[]): void;
}
interface LeveledLogMethod {
  (message: string, callback: (error?: Error) => void): WinstonLike;
  (message: string, ...meta: unknown[]): WinstonLike;
  (infoObject: object): WinstonLike;
}
interface WinstonLike {
  warn: LeveledLogMethod;
  error: LeveledLogMethod;
}
declare const pino: { warn: LogFn; error: LogFn };
declare const winston: WinstonLike;
for (const logger of [console, pino, winston]) createBuffer<Models>({ backend, logger });
void openBuffer({ url: 'memory:', logger: console });
// @ts-expect-error: a function is no logger
createBuffer({ backend, logger: () => {} });
