import { readFileSync } from 'node:fs';
import {
  type Backend,
  type Buffer,
  type BufferOptions,
  createBuffer,
  openBuffer,
  SinkUnavailableError,
  SluiceError,
  type SluiceErrorCode,
} from '@sluice/core';
import { unpack } from '@sluice/core/backend';
import { memory } from '@sluice/memory';
import { manualClock, recordingSink } from '@sluice/testing';
import { expect, test, vi } from 'vitest';
import { kyselySink } from '../../kysely/src/index.js';
import { batchOf, context, type Increment } from '../../kysely/test/support/batches.js';
import { openPglite, openSqlite } from '../../kysely/test/support/databases.js';
import { runSql } from '../../kysely/test/support/run-sql.js';
import { type RedisClient, redis } from '../../redis/src/index.js';
import { ERROR_CODES } from '../src/errors.js';
import { loadError } from '../src/support/backend-package.js';
import { invariant } from '../src/support/invariant.js';
import { away, quiet, wrap } from './wrap.js';

const page = { path: '/' };
const one = { views: 1 };

const bufferWith = (options: Partial<BufferOptions> = {}): Buffer =>
  createBuffer({ backend: memory(), partitions: 1, logger: quiet, ...options });

/** The first error that a buffer reports. */
function reported(buffer: Buffer): Promise<never> {
  return new Promise((_, reject) => buffer.on('error', reject));
}

/** A Redis backend whose server replies so to scripts, and to INFO. */
function redisReplying(reply: Promise<string>): Backend {
  const client = { evalsha: () => reply, info: () => reply, config: async () => [] };
  return redis({ client: client as unknown as RedisClient });
}
const refused = (message: string) => () =>
  redisReplying(Promise.reject(Object.assign(new Error(message), { name: 'ReplyError' }))).deadLetters(
    0,
    0,
    1,
  );

async function lostLease(): Promise<unknown> {
  const clock = manualClock();
  const buffer = bufferWith({ backend: memory({ clock }), clock, sink: recordingSink(), leaseMs: 1000 });
  const error = reported(buffer);
  await buffer.incr('Page', one, page);
  const claim = await buffer.claim(0);
  await clock.advance(1001);
  await buffer.claim(0);
  if (claim.status === 'leased') await buffer.process(claim.lease);
  return error;
}

async function lostWrite(): Promise<unknown> {
  const store = memory();
  let writes = 0;
  const backend = wrap(store, {
    async add(write) {
      const result = await store.add(write);
      writes += 1;
      if (writes !== 2) return result;
      store.restore({});
      throw away('unknown');
    },
  });
  const buffer = bufferWith({ backend });
  await buffer.incr('Page', one, page);
  return buffer.incr('Page', one, page);
}

async function failedListener(): Promise<unknown> {
  const buffer = bufferWith({ sink: recordingSink() });
  buffer.on('processed', () => {
    throw new Error('a bug');
  });
  const error = reported(buffer);
  await buffer.incr('Page', one, page);
  await buffer.processPending();
  return error;
}

/** Why a batch is delivered again. */
async function failedDelivery(options: Partial<BufferOptions>): Promise<void> {
  const buffer = bufferWith(options);
  const failure = new Promise((_, reject) => buffer.on('retry', ({ error }) => reject(error)));
  await buffer.incr('Page', one, page);
  await Promise.all([failure, buffer.processPending()]);
}

async function failedPartitions(): Promise<unknown> {
  const backend = wrap(memory(), { claim: () => Promise.reject(away('refused', false)) });
  const buffer = bufferWith({ backend, sink: recordingSink(), partitions: 2 });
  await Promise.all(Array.from({ length: 20 }, (_, id) => buffer.incr('Page', one, { id })));
  return buffer.processPending();
}

async function closed(): Promise<unknown> {
  const buffer = bufferWith();
  await buffer.close();
  return buffer.flush();
}

async function brokenPackage(): Promise<unknown> {
  vi.doMock('@sluice/redis', () => ({ fromUrl: undefined }));
  try {
    return await openBuffer({ url: 'redis://host' });
  } finally {
    vi.doUnmock('@sluice/redis');
  }
}

const ONE_ROW: Increment = ['T', { n: 1 }, { id: 1 }];

async function onSqlite(
  prepare: string,
  use: (sink: ReturnType<typeof kyselySink>, run: (text: string) => Promise<unknown>) => Promise<unknown>,
): Promise<unknown> {
  await using database = await openSqlite();
  const run = (text: string): Promise<unknown> => runSql(database.db, text);
  await run(prepare);
  return await use(kyselySink({ db: database.db, models: { T: { table: 't' } } }), run);
}

async function deniedMigration(): Promise<unknown> {
  await using database = await openPglite();
  for (const text of ['create table t (id int primary key, n int)', 'create role guest', 'set role guest'])
    await runSql(database.db, text);
  return await kyselySink({ db: database.db, models: { T: { table: 't' } } }).migrate();
}

const TABLE = 'create table t (id integer primary key, n integer)';

/** What a caller does, or a server says, for each code. The compiler asks for all of them. */
const scenarios: Readonly<Record<SluiceErrorCode, () => unknown>> = {
  ERR_SLUICE_INVALID_OPTION: () => bufferWith({ partitions: 0 }),
  ERR_SLUICE_INVALID_NAME: () => bufferWith().incr('', one, page),
  ERR_SLUICE_INVALID_AMOUNT: () => bufferWith().incr('Page', { views: 1.5 }, page),
  ERR_SLUICE_INVALID_FILTER: () => bufferWith().incr('Page', one, { path: Number.NaN }),
  ERR_SLUICE_INVALID_EXTRA: () => bufferWith().incr('Page', one, page, { title: Symbol('x') } as never),
  ERR_SLUICE_INVALID_ARGUMENT: () => bufferWith({ sink: recordingSink() }).process(undefined as never),
  ERR_SLUICE_INVALID_PARTITION: () => bufferWith().claim(-1),
  ERR_SLUICE_INVALID_URL: () => openBuffer({ url: 'nonsense' }),
  ERR_SLUICE_UNKNOWN_SCHEME: () => openBuffer({ url: 'sqlite:file' }),
  ERR_SLUICE_MISSING_PACKAGE: () => {
    throw loadError('@sluice/redis', new Error("Cannot find package '@sluice/redis' imported from /app"));
  },
  ERR_SLUICE_BROKEN_PACKAGE: brokenPackage,
  ERR_SLUICE_TOO_LARGE: () => bufferWith().incr('Page', one, { path: 'x'.repeat(5000) }),
  ERR_SLUICE_OVERFLOW: () => {
    const buffer = bufferWith();
    void buffer.incr('Page', { views: Number.MAX_SAFE_INTEGER }, page);
    return buffer.incr('Page', one, page);
  },
  ERR_SLUICE_CORRUPT_ENTRY: () => unpack('nonsense'),
  ERR_SLUICE_FULL: () => {
    const buffer = bufferWith({ maxTargets: 1 });
    void buffer.incr('Page', one, { path: '/a' });
    return buffer.incr('Page', one, { path: '/b' });
  },
  ERR_SLUICE_TOO_MANY_PENDING: async () => {
    const clock = manualClock();
    const buffer = bufferWith({ maxPending: 1, clock });
    for (const path of ['/a', '/b', '/c']) {
      await buffer.incr('Page', one, { path });
      await clock.advance(1000);
    }
  },
  ERR_SLUICE_WRITE_FAILED: () => {
    const backend = wrap(memory(), { add: () => Promise.reject(away('refused', false)) });
    return bufferWith({ backend }).incr('Page', one, page);
  },
  ERR_SLUICE_WRITE_TIMEOUT: () => {
    const backend = wrap(memory(), { add: () => Promise.reject(away('refused')) });
    return bufferWith({ backend, writeTimeoutMs: 1 }).incr('Page', one, page);
  },
  ERR_SLUICE_WRITE_LOST: lostWrite,
  ERR_SLUICE_CLOSED: closed,
  ERR_SLUICE_NO_SINK: () => bufferWith().processPending(),
  ERR_SLUICE_NO_LEDGER: () => onSqlite(TABLE, async (sink) => sink(await batchOf([ONE_ROW]), context)),
  ERR_SLUICE_SINK_SETUP: () => onSqlite('select 1', (sink) => sink.validate()),
  ERR_SLUICE_SINK_DENIED: deniedMigration,
  ERR_SLUICE_SINK_READONLY: () =>
    onSqlite(TABLE, async (sink, run) => {
      await sink.migrate();
      await run('pragma query_only = on');
      return sink(await batchOf([ONE_ROW]), context);
    }),
  ERR_SLUICE_SINK_UNKNOWN: () =>
    onSqlite(TABLE, async (sink) => {
      await sink.migrate();
      return sink(await batchOf([['Unknown', { n: 1 }, { id: 1 }]]), context);
    }),
  ERR_SLUICE_SINK_UNAVAILABLE: () =>
    failedDelivery({ sink: () => Promise.reject(new SinkUnavailableError('The database is away.')) }),
  ERR_SLUICE_SINK_TIMEOUT: () => failedDelivery({ sink: () => new Promise(() => {}), sinkTimeoutMs: 1 }),
  ERR_SLUICE_LEASE_LOST: lostLease,
  ERR_SLUICE_PARTITIONS_FAILED: failedPartitions,
  ERR_SLUICE_LISTENER_FAILED: failedListener,
  ERR_SLUICE_UNSAFE_BACKEND: () => redisReplying(Promise.resolve('redis_version:5.0.0')).validate(),
  ERR_SLUICE_BACKEND_UNAVAILABLE: refused('ERR max number of clients reached'),
  ERR_SLUICE_BACKEND_FULL: refused('OOM command not allowed'),
  ERR_SLUICE_BACKEND_LOADING: refused('LOADING Redis is loading the dataset in memory'),
  ERR_SLUICE_BACKEND_READONLY: refused("READONLY You can't write against a read only replica."),
  ERR_SLUICE_BACKEND_UNREPLICATED: () => {
    const exec = async () => [
      [null, ['leased', 'id', 1, 0, 0, 0, 'key\n{}']],
      [null, 0],
    ];
    const client = { evalsha: async () => 1, pipeline: () => ({ exec }) } as unknown as RedisClient;
    const backend = redis({ client, durability: { replicas: 1, timeoutMs: 1 } });
    return backend.claim(0, {
      size: 1,
      bytes: 1,
      leaseMs: 1,
      batchIdPrefix: '0-a',
      claimToken: 't',
      worker: 'worker',
      early: false,
    });
  },
  ERR_SLUICE_BACKEND_DENIED: refused('NOAUTH Authentication required.'),
  ERR_SLUICE_BACKEND_TLS: () => {
    const error = Object.assign(new Error('certificate has expired'), { code: 'CERT_HAS_EXPIRED' });
    return redisReplying(Promise.reject(error)).deadLetters(0, 0, 1);
  },
  ERR_SLUICE_BACKEND_CORRUPT: refused('WRONGTYPE Operation against a key'),
  ERR_SLUICE_BACKEND_PROTOCOL: () =>
    redisReplying(Promise.resolve('hello')).claim(0, {
      size: 1,
      bytes: 1,
      leaseMs: 1,
      batchIdPrefix: '0-a',
      claimToken: 't',
      worker: 'worker',
      early: false,
    }),
  ERR_SLUICE_BACKEND_FAILED: refused('upstream failure'),
  ERR_SLUICE_INTERNAL: () => invariant(false, 'a bug'),
};

test.each(ERROR_CODES)('%s is seen', async (code) => {
  const error: unknown = await (async () => scenarios[code]())().catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(SluiceError);
  expect(error).toMatchObject({ code, message: expect.stringMatching(/^.{10,}/) });
});

test('docs/errors.md has one row for each code, and no others', () => {
  const text = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8');
  const rows = text.match(/^\| `ERR_.*? \|/gm) ?? [];
  expect(rows.flatMap((row) => row.match(/ERR_SLUICE_[A-Z_]*[A-Z]/g) ?? []).sort()).toEqual(
    [...ERROR_CODES].sort(),
  );
});
