import {
  type Buffer,
  createBuffer,
  createWorker,
  max,
  min,
  openBuffer,
  SluiceError,
  type SluiceErrorCode,
} from '@sluice/core';
import { memory } from '@sluice/memory';
import { manualClock, type RecordingSink, recordingSink } from '@sluice/testing';
import { describe, expect, test, vi } from 'vitest';
import { loadError } from '../src/support/backend-package.js';

/** Functions as JavaScript sees them: they take anything. */
type Untyped<T> = { readonly [K in keyof T]: (...args: readonly unknown[]) => unknown };
type World = Untyped<Buffer> & { readonly deadLetters: Untyped<Buffer['deadLetters']> };
const untyped = { createBuffer, openBuffer, createWorker, memory, max, min } as unknown as Untyped<{
  createBuffer: 0;
  openBuffer: 0;
  createWorker: 0;
  memory: 0;
  max: 0;
  min: 0;
}>;

/** A name, the expected code, what the message must name, and the call. */
type Row = readonly [name: string, code: SluiceErrorCode, offender: string, call: (buffer: World) => unknown];

const TEN_MB = 'x'.repeat(10_000_000);
const own = (name: string, value: unknown): unknown =>
  JSON.parse(`{${JSON.stringify(name)}:${JSON.stringify(value)}}`);
const cyclic: Record<string, unknown> = {};
cyclic.self = { cyclic };
const deep = JSON.parse(`${'['.repeat(40)}1${']'.repeat(40)}`) as unknown;
class Point {
  x = 1;
}
const invalidDate = new Date(Number.NaN);
const never = (): Promise<never> => new Promise(() => {});

const backend = memory();
const options =
  (extra: object): Row[3] =>
  () =>
    untyped.createBuffer({ backend, ...extra });
const incr =
  (...args: readonly unknown[]): Row[3] =>
  (buffer) =>
    buffer.incr(...args);
const filters = (value: unknown): Row[3] => incr('Page', { views: 1 }, value);
const columns = (value: unknown): Row[3] => incr('Page', value, {});
const extra = (value: unknown): Row[3] => incr('Page', { views: 1 }, {}, value);

function getMany(name: string, code: SluiceErrorCode, offender: string, ...args: readonly unknown[]): Row {
  return [`getMany: ${name}`, code, offender, (buffer) => buffer.getMany(...args)];
}

const INVALID_OPTION = 'ERR_SLUICE_INVALID_OPTION';
const INVALID_NAME = 'ERR_SLUICE_INVALID_NAME';
const INVALID_AMOUNT = 'ERR_SLUICE_INVALID_AMOUNT';
const INVALID_FILTER = 'ERR_SLUICE_INVALID_FILTER';
const INVALID_EXTRA = 'ERR_SLUICE_INVALID_EXTRA';
const INVALID_ARGUMENT = 'ERR_SLUICE_INVALID_ARGUMENT';
const INVALID_PARTITION = 'ERR_SLUICE_INVALID_PARTITION';
const INVALID_URL = 'ERR_SLUICE_INVALID_URL';
const TOO_LARGE = 'ERR_SLUICE_TOO_LARGE';

const badNames: readonly (readonly [name: string, value: string, shown: string])[] = [
  ['empty', '', '""'],
  ['__proto__', '__proto__', '"__proto__"'],
  ['with a NUL', 'a\0b', '\\u0000'],
  ['with a line break', 'a\nb', '\\n'],
  ['with DEL', 'a\x7f', 'control character'],
  ['with a lone surrogate', 'a\ud83d', '\\ud83d'],
  ['of 256 characters', 'x'.repeat(256), '(256 characters)'],
  ['of 200 NULs', '\0'.repeat(200), '\\u0000'],
  ['of 10 MB', TEN_MB, '(10000000 characters)'],
];

const names: Row[] = badNames.flatMap(([name, value, shown]): Row[] => [
  [`incr: a model name ${name}`, INVALID_NAME, shown, incr(value, { views: 1 }, {})],
  [`incr: a column name ${name}`, INVALID_NAME, shown, columns(own(value, 1))],
  [`incr: a filter name ${name}`, INVALID_NAME, shown, filters(own(value, 1))],
  [`incr: an extra name ${name}`, INVALID_NAME, shown, extra(own(value, 1))],
  [`get: a column name ${name}`, INVALID_NAME, shown, (buffer) => buffer.get('Page', [value], {})],
]);

const rows: Row[] = [
  ['createBuffer: nothing', INVALID_OPTION, 'options', () => untyped.createBuffer()],
  ['createBuffer: null', INVALID_OPTION, 'options', () => untyped.createBuffer(null)],
  ['createBuffer: an array', INVALID_OPTION, 'options', () => untyped.createBuffer([])],
  ['createBuffer: a Map', INVALID_OPTION, 'options', () => untyped.createBuffer(new Map())],
  ['createBuffer: no backend', INVALID_OPTION, 'backend', () => untyped.createBuffer({})],
  ['createBuffer: a backend that is a name', INVALID_OPTION, 'backend', options({ backend: 'redis' })],
  [
    'createBuffer: a backend that was not awaited',
    INVALID_OPTION,
    'backend',
    options({ backend: Promise.resolve(backend) }),
  ],
  [
    'createBuffer: a backend that lacks methods',
    INVALID_OPTION,
    'lacks join, add',
    options({ backend: { close: never } }),
  ],
  ['createBuffer: partitions as a string', INVALID_OPTION, 'partitions', options({ partitions: '8' })],
  ['createBuffer: partitions as a bigint', INVALID_OPTION, 'partitions', options({ partitions: 8n })],
  ['createBuffer: partitions null', INVALID_OPTION, 'partitions', options({ partitions: null })],
  ['createBuffer: partitions 0', INVALID_OPTION, 'partitions', options({ partitions: 0 })],
  ['createBuffer: partitions too many', INVALID_OPTION, 'partitions', options({ partitions: 4097 })],
  ['createBuffer: batchSize 0', INVALID_OPTION, 'batchSize', options({ batchSize: 0 })],
  ['createBuffer: batchSize too large', INVALID_OPTION, 'batchSize', options({ batchSize: 10_001 })],
  ['createBuffer: batchSize as an array', INVALID_OPTION, 'batchSize', options({ batchSize: [1] })],
  ['createBuffer: lingerMs negative', INVALID_OPTION, 'lingerMs', options({ lingerMs: -1 })],
  ['createBuffer: lingerMs beyond timers', INVALID_OPTION, 'lingerMs', options({ lingerMs: 2 ** 31 })],
  [
    'createBuffer: maxTargets infinite',
    INVALID_OPTION,
    'maxTargets',
    options({ maxTargets: Number.POSITIVE_INFINITY }),
  ],
  ['createBuffer: leaseMs 0', INVALID_OPTION, 'leaseMs', options({ leaseMs: 0 })],
  ['createBuffer: leaseMs as a boolean', INVALID_OPTION, 'leaseMs', options({ leaseMs: true })],
  ['createBuffer: maxAttempts with a fraction', INVALID_OPTION, 'maxAttempts', options({ maxAttempts: 1.5 })],
  ['createBuffer: giveUpAfterMs below 0', INVALID_OPTION, 'giveUpAfterMs', options({ giveUpAfterMs: -1 })],
  [
    'createBuffer: giveUpAfterMs of ten years',
    INVALID_OPTION,
    'giveUpAfterMs',
    options({ giveUpAfterMs: 3_660 * 86_400_000 }),
  ],
  ...[0, '', 'x'.repeat(129), { host: 'web-1' }].map(
    (name): Row => [
      `createBuffer: workerName of ${JSON.stringify(name).slice(0, 20)}`,
      INVALID_OPTION,
      'workerName',
      options({ workerName: name }),
    ],
  ),
  ['createBuffer: sinkTimeoutMs of 0', INVALID_OPTION, 'sinkTimeoutMs', options({ sinkTimeoutMs: 0 })],
  [
    'createBuffer: sinkTimeoutMs past what timers take',
    INVALID_OPTION,
    'sinkTimeoutMs',
    options({ sinkTimeoutMs: 2 ** 31 }),
  ],
  [
    'createBuffer: writeTimeoutMs as text',
    INVALID_OPTION,
    'writeTimeoutMs',
    options({ writeTimeoutMs: '30s' }),
  ],
  [
    'createBuffer: writeTimeoutMs beyond timers',
    INVALID_OPTION,
    'writeTimeoutMs',
    options({ writeTimeoutMs: 2 ** 31 }),
  ],
  [
    'createBuffer: closeTimeoutMs as an object',
    INVALID_OPTION,
    'closeTimeoutMs',
    options({ closeTimeoutMs: {} }),
  ],
  ['createBuffer: concurrency NaN', INVALID_OPTION, 'concurrency', options({ concurrency: Number.NaN })],
  ['createBuffer: sink as an object', INVALID_OPTION, 'sink', options({ sink: {} })],
  ['createBuffer: sink null', INVALID_OPTION, 'sink', options({ sink: null })],
  ['createBuffer: retryDelay as a number', INVALID_OPTION, 'retryDelay', options({ retryDelay: 1000 })],
  ['createBuffer: logger as a function', INVALID_OPTION, 'logger', options({ logger: console.log })],
  ['createBuffer: logger null', INVALID_OPTION, 'logger', options({ logger: null })],
  ['createBuffer: logger without error()', INVALID_OPTION, 'logger', options({ logger: { warn() {} } })],
  ['createBuffer: random as a number', INVALID_OPTION, 'random', options({ random: 0.5 })],
  ['createBuffer: random null', INVALID_OPTION, 'random', options({ random: null })],
  ['createBuffer: clock without after()', INVALID_OPTION, 'clock', options({ clock: { now: Date.now } })],
  ['createBuffer: clock null', INVALID_OPTION, 'clock', options({ clock: null })],
  ['createBuffer: clock as the Date class', INVALID_OPTION, 'clock', options({ clock: Date })],
  ['createBuffer: an unknown option', INVALID_OPTION, '"partition"', options({ partition: 8 })],
  [
    'createBuffer: the option __proto__',
    INVALID_OPTION,
    '__proto__',
    () => untyped.createBuffer(Object.assign(own('__proto__', 1) as object, { backend })),
  ],
  [
    'createBuffer: an option name of 10 MB',
    INVALID_OPTION,
    '(10000000 characters)',
    options({ [TEN_MB]: 1 }),
  ],

  ['openBuffer: nothing', INVALID_OPTION, 'plain object', () => untyped.openBuffer()],
  ['openBuffer: the url alone', INVALID_OPTION, 'plain object', () => untyped.openBuffer('memory:')],
  [
    'openBuffer: logger null',
    INVALID_OPTION,
    'logger',
    () => untyped.openBuffer({ url: 'memory:', logger: null }),
  ],
  [
    'openBuffer: tls that is none',
    INVALID_OPTION,
    '"tls"',
    () => untyped.openBuffer({ url: 'rediss://host', tls: 'ca' }),
  ],
  [
    'openBuffer: tls for memory:',
    INVALID_OPTION,
    '"tls"',
    () => untyped.openBuffer({ url: 'memory:', tls: {} }),
  ],
  ['openBuffer: no url', INVALID_URL, 'url', () => untyped.openBuffer({})],
  ['openBuffer: a URL object', INVALID_URL, 'url', () => untyped.openBuffer({ url: new URL('memory:') })],
  [
    'openBuffer: a url without a scheme',
    INVALID_URL,
    'scheme',
    () => untyped.openBuffer({ url: '//secret@host' }),
  ],
  ['openBuffer: a url of 10 MB', INVALID_URL, 'scheme', () => untyped.openBuffer({ url: TEN_MB })],
  [
    'openBuffer: an unknown scheme',
    'ERR_SLUICE_UNKNOWN_SCHEME',
    'kafka:',
    () => untyped.openBuffer({ url: 'kafka://secret@host' }),
  ],
  [
    'openBuffer: the scheme constructor:',
    'ERR_SLUICE_UNKNOWN_SCHEME',
    'constructor:',
    () => untyped.openBuffer({ url: 'constructor:' }),
  ],
  [
    'openBuffer: memory: with something behind it',
    INVALID_URL,
    'memory:',
    () => untyped.openBuffer({ url: 'memory://host' }),
  ],
  ...['my', 'My:', 'my://', ':'].map(
    (name) =>
      [
        `openBuffer: the scheme ${name}`,
        INVALID_OPTION,
        `lower case with a colon, such as "sqlite:", not "${name}"`,
        () => untyped.openBuffer({ url: 'my:', schemes: { [name]: memory } }),
      ] as const,
  ),
  [
    'openBuffer: schemes as a Map',
    INVALID_OPTION,
    'schemes',
    () => untyped.openBuffer({ url: 'my:', schemes: new Map() }),
  ],
  [
    'openBuffer: a scheme that is no function',
    INVALID_OPTION,
    'my:',
    () => untyped.openBuffer({ url: 'my:', schemes: { 'my:': 1 } }),
  ],
  [
    'openBuffer: a scheme that opens nothing',
    INVALID_OPTION,
    'backend',
    () => untyped.openBuffer({ url: 'my:', schemes: { 'my:': () => null } }),
  ],
  [
    'openBuffer: an unknown option',
    INVALID_OPTION,
    '"prefix"',
    () => untyped.openBuffer({ url: 'memory:', prefix: 'x' }),
  ],

  ['incr: nothing', INVALID_NAME, 'model name undefined', incr()],
  ['incr: a model that is a class', INVALID_NAME, 'model name function', incr(Point, { views: 1 }, {})],
  [
    'incr: a model that is a symbol',
    INVALID_NAME,
    'model name symbol',
    incr(Symbol('Page'), { views: 1 }, {}),
  ],
  ...names,

  ['incr: no filters', INVALID_FILTER, 'filters', incr('Page', { views: 1 })],
  ['incr: filters null', INVALID_FILTER, 'filters', filters(null)],
  ['incr: filters as an array', INVALID_FILTER, 'filters', filters([['id', 1]])],
  ['incr: filters as a Map', INVALID_FILTER, 'filters', filters(new Map([['id', 1]]))],
  ['incr: filters as a Date', INVALID_FILTER, 'filters', filters(new Date())],
  ['incr: filters as a class instance', INVALID_FILTER, 'filters', filters(new Point())],
  ['incr: a filter undefined', INVALID_FILTER, '"id"', filters({ id: undefined })],
  ['incr: a filter NaN', INVALID_FILTER, '"id"', filters({ id: Number.NaN })],
  ['incr: a filter Infinity', INVALID_FILTER, '"id"', filters({ id: Number.POSITIVE_INFINITY })],
  ['incr: a filter that is an object', INVALID_FILTER, '"id"', filters({ id: { date: 1 } })],
  ['incr: a filter that is an array', INVALID_FILTER, '"id"', filters({ id: [1] })],
  ['incr: a filter that is a symbol', INVALID_FILTER, '"id"', filters({ id: Symbol('1') })],
  ['incr: a filter that is a function', INVALID_FILTER, '"id"', filters({ id: never })],
  ['incr: a filter that is an invalid Date', INVALID_FILTER, 'an invalid Date', filters({ id: invalidDate })],
  ['incr: a filter that is a bigint of 129 bits', INVALID_FILTER, '"id"', filters({ id: 2n ** 127n })],
  ['incr: a filter of 10 MB', TOO_LARGE, '"path"', filters({ path: TEN_MB })],
  [
    'incr: filters of 5000 characters in all',
    TOO_LARGE,
    'target',
    filters({ a: 'x'.repeat(2500), b: 'x'.repeat(2500) }),
  ],
  [
    'incr: 10 000 filters',
    TOO_LARGE,
    'target',
    filters(Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`f${i}`, i]))),
  ],

  ['incr: no columns', INVALID_AMOUNT, 'columns', columns(undefined)],
  ['incr: columns null', INVALID_AMOUNT, 'columns', columns(null)],
  ['incr: columns as an array', INVALID_AMOUNT, 'columns', columns(['views'])],
  ['incr: columns as a Map', INVALID_AMOUNT, 'columns', columns(new Map([['views', 1]]))],
  ['incr: an amount undefined', INVALID_AMOUNT, '"views"', columns({ views: undefined })],
  ['incr: an amount null', INVALID_AMOUNT, '"views"', columns({ views: null })],
  ['incr: an amount NaN', INVALID_AMOUNT, '"views"', columns({ views: Number.NaN })],
  ['incr: an amount Infinity', INVALID_AMOUNT, '"views"', columns({ views: Number.POSITIVE_INFINITY })],
  ['incr: an amount -Infinity', INVALID_AMOUNT, '"views"', columns({ views: Number.NEGATIVE_INFINITY })],
  ['incr: an amount 2^53', INVALID_AMOUNT, '"views"', columns({ views: 2 ** 53 })],
  ['incr: an amount -2^53', INVALID_AMOUNT, '"views"', columns({ views: -(2 ** 53) })],
  ['incr: an amount 1.5', INVALID_AMOUNT, '"views"', columns({ views: 1.5 })],
  ['incr: an amount ’1’', INVALID_AMOUNT, '"views"', columns({ views: '1' })],
  ['incr: an amount 1n', INVALID_AMOUNT, '"views"', columns({ views: 1n })],
  ['incr: an amount that is a Date', INVALID_AMOUNT, 'a Date', columns({ views: new Date(1) })],
  [
    'incr: a wrong amount after a right one',
    INVALID_AMOUNT,
    '"likes"',
    columns({ views: 1, likes: Number.NaN }),
  ],
  [
    'incr: a wrong amount of a column of 10 MB',
    INVALID_AMOUNT,
    '(10000000 characters)',
    columns({ [TEN_MB]: '1' }),
  ],

  ['incr: extra null', INVALID_EXTRA, 'extra', extra(null)],
  ['incr: extra as an array', INVALID_EXTRA, 'extra', extra(['a'])],
  ['incr: extra as a Map', INVALID_EXTRA, 'extra', extra(new Map())],
  ['incr: an extra undefined', INVALID_EXTRA, '"a"', extra({ a: undefined })],
  ['incr: an extra function', INVALID_EXTRA, '"a"', extra({ a: never })],
  ['incr: an extra symbol', INVALID_EXTRA, '"a"', extra({ a: Symbol('a') })],
  ['incr: an extra NaN', INVALID_EXTRA, '"a"', extra({ a: Number.NaN })],
  ['incr: an extra class instance', INVALID_EXTRA, '"a"', extra({ a: new Point() })],
  ['incr: an extra Map', INVALID_EXTRA, '"a"', extra({ a: new Map() })],
  ['incr: an extra invalid Date', INVALID_EXTRA, 'an invalid Date', extra({ a: invalidDate })],
  ['incr: an extra bigint of 129 bits', INVALID_EXTRA, '"a"', extra({ a: -(2n ** 128n) })],
  ['incr: an extra that is cyclic', INVALID_EXTRA, 'a.self.cyclic', extra({ a: cyclic })],
  ['incr: an extra nested 40 deep', INVALID_EXTRA, 'nested', extra({ a: deep })],
  ['incr: an extra with toJSON', INVALID_EXTRA, 'toJSON', extra({ a: { toJSON: () => 1 } })],
  ['incr: an extra with undefined inside', INVALID_EXTRA, 'a.b', extra({ a: { b: undefined } })],
  ['incr: an extra with a Date inside', INVALID_EXTRA, 'a Date at a.0', extra({ a: [new Date(1)] })],
  ['incr: an extra with a bigint inside', INVALID_EXTRA, 'a.b.0', extra({ a: { b: [1n] } })],
  ['incr: an extra with a class instance inside', INVALID_EXTRA, 'a.b', extra({ a: { b: new Point() } })],
  ['incr: an extra with max() inside', INVALID_EXTRA, 'a.b', extra({ a: { b: max(1) } })],
  ['incr: an extra array with a hole', INVALID_EXTRA, 'a.1', extra({ a: Object.assign([1], { 2: 2 }) })],
  ['incr: an extra array of a billion holes', TOO_LARGE, '"a"', extra({ a: new Array(1_000_000_000) })],
  ['incr: an extra of 10 MB', TOO_LARGE, '"a"', extra({ a: TEN_MB })],
  ['incr: an extra with 10 MB inside', TOO_LARGE, '"a"', extra({ a: { b: [TEN_MB] } })],
  ['incr: an extra with a name of 10 MB inside', TOO_LARGE, '"a"', extra({ a: { [TEN_MB]: 1 } })],
  ['incr: an extra of a million parts', TOO_LARGE, '"a"', extra({ a: new Array(1_000_000).fill(1) })],
  ['incr: max() of half a character', INVALID_EXTRA, '"a"', extra({ a: untyped.max('\ud83d') })],
  ['incr: max() of nothing', INVALID_EXTRA, '"a"', extra({ a: untyped.max() })],
  ['incr: max() of a bigint of 129 bits', INVALID_EXTRA, '"a"', extra({ a: untyped.max(2n ** 127n) })],
  ['incr: max() with a list of companions', INVALID_EXTRA, '"a"', extra({ a: untyped.max(1, ['x']) })],
  ['incr: max() of max()', INVALID_EXTRA, '"a"', extra({ a: untyped.max(max(1)) })],
  ['incr: min() of NaN', INVALID_EXTRA, '"a"', extra({ a: min(Number.NaN) })],
  ['incr: min() of an invalid Date', INVALID_EXTRA, 'an invalid Date', extra({ a: min(invalidDate) })],

  ['incr: options null', INVALID_ARGUMENT, 'options', incr('Page', { views: 1 }, {}, {}, null)],
  ['incr: options true', INVALID_ARGUMENT, 'options', incr('Page', { views: 1 }, {}, {}, true)],
  [
    'incr: signalOnly as text',
    INVALID_ARGUMENT,
    'signalOnly',
    incr('Page', { views: 1 }, {}, {}, { signalOnly: 'yes' }),
  ],
  [
    'incr: an unknown option',
    INVALID_ARGUMENT,
    '"signalonly"',
    incr('Page', { views: 1 }, {}, {}, { signalonly: true }),
  ],

  [
    'get: a column instead of columns',
    INVALID_ARGUMENT,
    'array',
    (buffer) => buffer.get('Page', 'views', {}),
  ],
  ['get: no columns', INVALID_ARGUMENT, 'array', (buffer) => buffer.get('Page')],
  ['get: a column that is a number', INVALID_NAME, 'column', (buffer) => buffer.get('Page', [1], {})],
  ['get: no model', INVALID_NAME, 'model', (buffer) => buffer.get(undefined, ['views'], {})],
  ['get: no filters', INVALID_FILTER, 'filters', (buffer) => buffer.get('Page', ['views'])],
  [
    'get: a filter of 10 MB',
    TOO_LARGE,
    '"path"',
    (buffer) => buffer.get('Page', ['views'], { path: TEN_MB }),
  ],
  getMany('a column instead of columns', INVALID_ARGUMENT, 'getMany()', 'Page', 'views', []),
  getMany('a column that is a number', INVALID_NAME, 'column', 'Page', [1], []),
  getMany('a missing column', INVALID_NAME, 'column', 'Page', new Array(1), []),
  getMany('no model', INVALID_NAME, 'model', undefined, ['views'], []),
  getMany('the filters of one target', INVALID_ARGUMENT, 'array of filters', 'Page', ['views'], {}),
  getMany('no filters', INVALID_ARGUMENT, 'array of filters', 'Page', ['views']),
  getMany('missing filters', INVALID_FILTER, 'filters', 'Page', ['views'], new Array(1)),
  getMany('filters that are null', INVALID_FILTER, 'filters', 'Page', ['views'], [{}, null]),
  getMany('a filter of 10 MB', TOO_LARGE, '"path"', 'Page', ['views'], [{}, { path: TEN_MB }]),

  ...[null, '0', -1, 4096, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 0n, [0], TEN_MB].flatMap(
    (partition): Row[] => {
      const shown = `the ${typeof partition} ${String(partition).slice(0, 10)}`;
      return [
        [
          `processPending: ${shown}`,
          INVALID_PARTITION,
          'partition must be an integer from 0 to 4095',
          (buffer) => buffer.processPending(partition),
        ],
        [
          `claim: ${shown}`,
          INVALID_PARTITION,
          'partition must be an integer from 0 to 4095',
          (buffer) => buffer.claim(partition),
        ],
      ];
    },
  ),
  ['claim: nothing', INVALID_PARTITION, 'undefined', (buffer) => buffer.claim()],

  ['process: nothing', INVALID_ARGUMENT, 'lease', (buffer) => buffer.process()],
  [
    'process: a claim instead of its lease',
    INVALID_ARGUMENT,
    'lease',
    async (buffer) => buffer.process(await buffer.claim(0)),
  ],
  ['process: an empty object', INVALID_ARGUMENT, 'lease', (buffer) => buffer.process({})],
  [
    'process: a lease with nothing in it',
    INVALID_ARGUMENT,
    'lease',
    (buffer) => buffer.process({ batch: {}, token: '' }),
  ],
  [
    'process: a lease made up',
    INVALID_ARGUMENT,
    'lease',
    (buffer) => buffer.process({ token: 'x', batch: { id: '0-x', partition: 0, attempt: 1, entries: [] } }),
  ],

  ['on: an unknown event', INVALID_ARGUMENT, '"procesed"', (buffer) => buffer.on('procesed', never)],
  ['on: __proto__', INVALID_ARGUMENT, '"__proto__"', (buffer) => buffer.on('__proto__', never)],
  ['on: constructor', INVALID_ARGUMENT, '"constructor"', (buffer) => buffer.on('constructor', never)],
  ['on: an event of 10 MB', INVALID_ARGUMENT, '(10000000 characters)', (buffer) => buffer.on(TEN_MB, never)],
  ['on: a symbol', INVALID_ARGUMENT, 'symbol', (buffer) => buffer.on(Symbol('error'), never)],
  ['on: no listener', INVALID_ARGUMENT, '"processed"', (buffer) => buffer.on('processed')],
  [
    'on: an object for a listener',
    INVALID_ARGUMENT,
    '"processed"',
    (buffer) => buffer.on('processed', { handleEvent: never }),
  ],

  [
    'deadLetters.list: null',
    INVALID_ARGUMENT,
    'deadLetters.list()',
    ({ deadLetters }) => deadLetters.list(null),
  ],
  [
    'deadLetters.list: a number',
    INVALID_ARGUMENT,
    'deadLetters.list()',
    ({ deadLetters }) => deadLetters.list(0),
  ],
  [
    'deadLetters.list: an unknown option',
    INVALID_ARGUMENT,
    '"limt"',
    ({ deadLetters }) => deadLetters.list({ limt: 1 }),
  ],
  [
    'deadLetters.list: a negative offset',
    INVALID_ARGUMENT,
    'offset',
    ({ deadLetters }) => deadLetters.list({ offset: -1 }),
  ],
  [
    'deadLetters.list: a limit with a fraction',
    INVALID_ARGUMENT,
    'limit',
    ({ deadLetters }) => deadLetters.list({ limit: 1.5 }),
  ],
  [
    'deadLetters.list: an infinite limit',
    INVALID_ARGUMENT,
    'limit',
    ({ deadLetters }) => deadLetters.list({ limit: Number.POSITIVE_INFINITY }),
  ],
  [
    'deadLetters.list: a limit as text',
    INVALID_ARGUMENT,
    'limit',
    ({ deadLetters }) => deadLetters.list({ limit: '10' }),
  ],
  [
    'deadLetters.list: a partition below 0',
    INVALID_PARTITION,
    '-1',
    ({ deadLetters }) => deadLetters.list({ partition: -1 }),
  ],
  [
    'deadLetters.list: a partition as text',
    INVALID_PARTITION,
    'string',
    ({ deadLetters }) => deadLetters.list({ partition: '0' }),
  ],
  [
    'deadLetters.list: a partition of 10 MB',
    INVALID_PARTITION,
    'string',
    ({ deadLetters }) => deadLetters.list({ partition: TEN_MB }),
  ],
  ...(['redrive', 'discard'] as const).flatMap((name): Row[] => [
    [`deadLetters.${name}: nothing`, INVALID_ARGUMENT, 'array', ({ deadLetters }) => deadLetters[name]()],
    [
      `deadLetters.${name}: one id`,
      INVALID_ARGUMENT,
      'array',
      ({ deadLetters }) => deadLetters[name]('0-a/000000'),
    ],
    [
      `deadLetters.${name}: an id of two lines`,
      INVALID_ARGUMENT,
      'not the id',
      ({ deadLetters }) => deadLetters[name](['0-a\nb/000000']),
    ],
    [
      `deadLetters.${name}: a Set`,
      INVALID_ARGUMENT,
      'array',
      ({ deadLetters }) => deadLetters[name](new Set()),
    ],
    [
      `deadLetters.${name}: a number for an id`,
      INVALID_ARGUMENT,
      '5',
      ({ deadLetters }) => deadLetters[name]([5]),
    ],
    [
      `deadLetters.${name}: a whole letter`,
      INVALID_ARGUMENT,
      'object',
      ({ deadLetters }) => deadLetters[name]([{ id: '0-a/000000' }]),
    ],
    [
      `deadLetters.${name}: no id`,
      INVALID_ARGUMENT,
      '"x"',
      ({ deadLetters }) => deadLetters[name](['0-a/000000', 'x']),
    ],
    [
      `deadLetters.${name}: __proto__`,
      INVALID_ARGUMENT,
      '__proto__',
      ({ deadLetters }) => deadLetters[name](['__proto__']),
    ],
    [
      `deadLetters.${name}: an id of 10 MB`,
      INVALID_ARGUMENT,
      '(10000000 characters)',
      ({ deadLetters }) => deadLetters[name]([TEN_MB]),
    ],
    [
      `deadLetters.${name}: an id with 10 MB of digits`,
      INVALID_ARGUMENT,
      '0-a/111',
      ({ deadLetters }) => deadLetters[name]([`0-a/${'1'.repeat(10_000_000)}`]),
    ],
  ]),

  ['createWorker: nothing', INVALID_ARGUMENT, 'a buffer', () => untyped.createWorker()],
  ['createWorker: a backend', INVALID_ARGUMENT, 'a buffer', () => untyped.createWorker(backend)],
  ['createWorker: options null', INVALID_OPTION, 'options', (buffer) => untyped.createWorker(buffer, null)],
  [
    'createWorker: intervalMs 0',
    INVALID_OPTION,
    'intervalMs',
    (buffer) => untyped.createWorker(buffer, { intervalMs: 0 }),
  ],
  [
    'createWorker: intervalMs as text',
    INVALID_OPTION,
    'intervalMs',
    (buffer) => untyped.createWorker(buffer, { intervalMs: '1s' }),
  ],
  [
    'createWorker: intervalMs beyond timers',
    INVALID_OPTION,
    'intervalMs',
    (buffer) => untyped.createWorker(buffer, { intervalMs: 2 ** 31 }),
  ],
  [
    'createWorker: onError as text',
    INVALID_OPTION,
    'onError',
    (buffer) => untyped.createWorker(buffer, { onError: 'log' }),
  ],
  [
    'createWorker: an engine that is no function',
    INVALID_OPTION,
    'engine',
    (buffer) => untyped.createWorker(buffer, { engine: {} }),
  ],
  [
    'createWorker: clock without after()',
    INVALID_OPTION,
    'clock',
    (buffer) => untyped.createWorker(buffer, { clock: Date }),
  ],
  [
    'createWorker: an unknown option',
    INVALID_OPTION,
    '"interval"',
    (buffer) => untyped.createWorker(buffer, { interval: 1 }),
  ],

  ['memory: clock without now()', INVALID_OPTION, 'clock', () => untyped.memory({ clock: {} })],
  ['memory: clock as a number', INVALID_OPTION, 'clock', () => untyped.memory({ clock: 5 })],
];

function setup(): { buffer: Buffer; sink: RecordingSink } {
  const clock = manualClock();
  const sink = recordingSink();
  return { buffer: createBuffer({ backend: memory({ clock }), clock, sink }), sink };
}

describe('bad input is refused: nothing is counted, the message is short, the buffer works on', () => {
  test.each(rows.map(([name, code, offender, call]) => ({ name, code, offender, call })))(
    '$name',
    async ({ code, offender, call }) => {
      const { buffer, sink } = setup();
      const attempt = async (): Promise<unknown> => call(buffer as unknown as World);
      const error = await attempt().then(
        () => 'no error',
        (thrown: unknown) => thrown,
      );
      expect(error).toBeInstanceOf(SluiceError);
      expect(error).toMatchObject({ code });
      const { message } = error as SluiceError;
      expect(message).toContain(offender);
      expect(message.length).toBeLessThan(600);
      expect(message).not.toContain('secret');
      expect(message.isWellFormed()).toBe(true);

      expect(await buffer.stats()).toMatchObject({ held: 0, pending: 0, claimed: 0, dead: 0 });
      await buffer.incr('Page', { views: 1 }, { id: 1 });
      await buffer.processPending();
      expect(sink.entries).toMatchObject([
        { model: 'Page', filters: { id: 1 }, columns: { views: 1 }, extra: {} },
      ]);
    },
  );

  test('in well over 70 cases', () => {
    expect(rows.length).toBeGreaterThan(200);
    expect(new Set(rows.map(([name]) => name)).size).toBe(rows.length);
  });
});

describe('a package that cannot be loaded', () => {
  test.each([
    ["Cannot find package '@sluice/redis' imported from /app/node_modules/@sluice/core/dist/index.js"],
    ["Cannot find module '@sluice/redis'\nRequire stack:\n- /app/index.js"],
    ["Cannot find module '@sluice/redis' from 'node_modules/@sluice/core/dist/index.cjs'"],
    ["@sluice/core tried to access @sluice/redis (a peer dependency) but it isn't provided"],
  ])('is not installed, by %j: the error says what to run', (message) => {
    expect(loadError('@sluice/redis', new Error(message))).toMatchObject({
      code: 'ERR_SLUICE_MISSING_PACKAGE',
      message: expect.stringContaining('npm install @sluice/redis ioredis'),
      cause: expect.anything(),
    });
  });

  test.each([
    ["Cannot find package 'ioredis' imported from /app/node_modules/@sluice/redis/dist/index.js"],
    ["Cannot find module 'ioredis'\nRequire stack:\n- /app/node_modules/@sluice/redis/dist/index.cjs"],
    ["Cannot find module '/app/node_modules/@sluice/redis/dist/index.cjs'. Please verify the package.json"],
    ["Cannot find package '@sluice/redis-tools' imported from /app"],
    ['Unexpected token'],
  ])('is installed, by %j: the error quotes the cause', (message) => {
    expect(loadError('@sluice/redis', new Error(message))).toMatchObject({
      code: 'ERR_SLUICE_BROKEN_PACKAGE',
      message: expect.stringContaining(message),
      cause: expect.anything(),
    });
  });

  test.each([
    ['its module throws', () => Promise.reject(new Error('no such thing'))],
    ['it is of another version', () => ({ fromUrl: undefined })],
  ])('openBuffer says so, without the URL: %s', async (_, factory) => {
    vi.doMock('@sluice/redis', factory);
    const error: unknown = await openBuffer({ url: 'redis://secret@host' }).catch((thrown) => thrown);
    vi.doUnmock('@sluice/redis');
    expect(error).toMatchObject({
      code: 'ERR_SLUICE_BROKEN_PACKAGE',
      message: expect.stringContaining('@sluice/redis'),
    });
    expect(String(error)).not.toContain('secret');
  });

  test('has a scheme that is listed', async () => {
    const error: unknown = await openBuffer({ url: 'redis+ring://secret@host' }).catch((thrown) => thrown);
    expect(error).toMatchObject({
      code: 'ERR_SLUICE_UNKNOWN_SCHEME',
      message: expect.stringMatching(/There are memory:, redis:, rediss:, redis\+cluster:.*redis\+sentinel:/),
    });
  });
});

describe('openBuffer', () => {
  test('opens a backend by its URL, case and all', async () => {
    const buffer = await openBuffer({ url: 'memory:', partitions: 2 });
    await buffer.incr('Page', { views: 1 }, {});
    expect(await buffer.get('Page', ['views'], {})).toEqual({ views: 1 });
  });

  test('hands the TLS options to the scheme that it opens', async () => {
    const open = vi.fn((_url: string, _options: object) => memory());
    const tls = { ca: 'certificate' };
    for (const options of [{ tls }, {}]) {
      const buffer = await openBuffer({ url: 'my:', schemes: { 'my:': open }, ...options });
      await buffer.close();
      expect(open).toHaveBeenLastCalledWith('my:', options);
    }
  });

  test('prefers the schemes it is given, and hands them the whole URL', async () => {
    const urls: string[] = [];
    const store = memory();
    const open = (url: string) => {
      urls.push(url);
      return Promise.resolve(store);
    };
    for (const url of ['memory:x', 'MY://Host/Path']) {
      const buffer = await openBuffer({ url, schemes: { 'memory:': open, 'my:': open } });
      await buffer.incr('Page', { views: 1 }, {});
    }
    expect(urls).toEqual(['memory:x', 'MY://Host/Path']);
    expect(await store.stats(0)).toMatchObject([{ pending: 1 }]);
  });

  test('closes a backend that it opened for options which are refused', async () => {
    let closed = 0;
    const store = Object.assign(memory(), {
      close: async () => {
        closed += 1;
      },
    });
    const opening = openBuffer({ url: 'my:', schemes: { 'my:': () => store }, partitions: 0 });
    await expect(opening).rejects.toMatchObject({ code: INVALID_OPTION });
    expect(closed).toBe(1);
  });
});

describe('hostile values are values like any other', () => {
  const texts = [
    '__proto__',
    'constructor',
    '\0',
    'a\0b',
    '👍',
    '\ud83d',
    '\udc4d\ud83d',
    '',
    ' ',
    '\n',
    '\u2028',
    '"],[',
    "'; --",
    '{"date":1}',
  ];

  test.each(texts)('%j as a filter and as extra reaches the sink exactly', async (value) => {
    const { buffer, sink } = setup();
    await buffer.incr('Page', { views: 1 }, { value }, { value, inside: [{ value }] });
    await buffer.incr('Page', { views: 1 }, { value });
    expect(await buffer.get('Page', ['views'], { value })).toEqual({ views: 2 });
    await buffer.processPending();
    expect(sink.entries).toMatchObject([
      { filters: { value }, extra: { value: { value }, inside: { value: [{ value }] } } },
    ]);
  });

  test('names that objects inherit are columns, filters and extra like any other', async () => {
    const { buffer, sink } = setup();
    const columns = { constructor: 1, toString: 2, hasOwnProperty: 3 };
    await buffer.incr('constructor', columns, columns, columns);
    await buffer.incr('constructor', columns, columns, columns);
    expect(await buffer.get('constructor', ['constructor', 'toString'], columns)).toEqual({
      constructor: 2,
      toString: 4,
    });
    await buffer.processPending();
    const [entry] = sink.entries;
    expect(entry).toMatchObject({ model: 'constructor', filters: columns });
    expect(Object.entries(entry?.columns ?? {})).toEqual([
      ['constructor', 2],
      ['toString', 4],
      ['hasOwnProperty', 6],
    ]);
    expect(Object.keys(entry?.extra ?? {})).toEqual(['constructor', 'toString', 'hasOwnProperty']);
  });

  test('an own __proto__ inside an extra value stays what it is', async () => {
    const { buffer, sink } = setup();
    await buffer.incr(
      'Page',
      { views: 1 },
      {},
      { a: own('__proto__', { polluted: true }) as { polluted: true } },
    );
    await buffer.processPending();
    const value = sink.entries[0]?.extra.a?.value;
    expect(JSON.stringify(value)).toBe('{"__proto__":{"polluted":true}}');
    expect(({} as { polluted?: true }).polluted).toBeUndefined();
  });

  test('objects without a prototype are plain objects', async () => {
    const { buffer, sink } = setup();
    const bare = <T extends object>(values: T): T => Object.assign(Object.create(null) as T, values);
    await buffer.incr(
      'Page',
      bare({ views: 1 }),
      bare({ id: 1 }),
      bare({ a: bare({ b: 1 }) }),
      bare({ signalOnly: true }),
    );
    await buffer.processPending();
    expect(sink.entries).toMatchObject([
      { signalOnly: true, filters: { id: 1 }, extra: { a: { value: { b: 1 } } } },
    ]);
  });
});
