import assert from 'node:assert/strict';
import {
  type Backend,
  BackendError,
  createBuffer,
  type Entry,
  IncrementError,
  InvalidInputError,
  max,
  openBuffer,
  type Sink,
  type SluiceBuffer,
  SluiceError,
} from '@sluice/core';
import { kyselySink } from '@sluice/kysely';
import { memory } from '@sluice/memory';
import { nodeRedis, redis } from '@sluice/redis';
import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { openDatabase } from './database.ts';

/** What a service does with Sluice, in steps. Each throws when something is not as promised. */
export const steps: Readonly<Record<string, () => Promise<void>>> = {
  async memory() {
    await countAndProcess((sink) => createBuffer({ backend: memory(), sink }));
  },

  async 'open memory:'() {
    await countAndProcess((sink) => openBuffer({ url: 'memory:', sink }));
  },

  async 'open redis:'() {
    const url = fresh(variable('REDIS_URL'));
    await countAndProcess((sink) => openBuffer({ url, sink }));
  },

  async 'own client'() {
    const client = new Redis(variable('REDIS_URL'));
    const prefix = crypto.randomUUID();
    await countAndProcess((sink) => createBuffer({ backend: redis({ client, prefix }), sink }));
    await client.quit();
  },

  async 'own client of node-redis'() {
    const own = await createClient({ url: variable('REDIS_URL') }).connect();
    const [client, prefix] = [nodeRedis(own), crypto.randomUUID()];
    await countAndProcess((sink) => createBuffer({ backend: redis({ client, prefix }), sink }));
    own.destroy();
  },

  // The first connections break: the increment is repeated until one holds, and counts once.
  async 'redis late'() {
    const { sink, entries } = recorder();
    const buffer = await openBuffer({ url: fresh(variable('LATE_URL')), sink });
    await buffer.incr('Page', { views: 1 }, { path: '/' });
    await buffer.processPending();
    await buffer.close();
    assert.deepEqual(
      entries.map(({ columns }) => columns),
      [{ views: 1 }],
    );
  },

  async 'redis away'() {
    await countOnNothing(await openBuffer({ url: variable('AWAY_URL'), ...IMPATIENT }));
  },

  async 'retried call'() {
    const backend = memory();
    const add = backend.add.bind(backend);
    let failures = 2;
    const failing = Object.assign(backend, {
      add: async (...args: Parameters<Backend['add']>) => {
        failures -= 1;
        if (failures < 0) return add(...args);
        const detail = { retryable: true, outcome: 'refused' } as const;
        throw new BackendError('ERR_SLUICE_BACKEND_UNAVAILABLE', 'away', detail);
      },
    });
    await countAndProcess((sink) => createBuffer({ backend: failing, sink, lingerMs: 1 }));
    assert.ok(failures < 0);
  },

  async 'retried batch'() {
    const { sink, entries } = recorder();
    let failures = 1;
    const failing: Sink = async (batch, context) => {
      failures -= 1;
      if (failures >= 0) throw new Error('deadlock detected');
      return sink(batch, context);
    };
    const buffer = createBuffer({ backend: memory(), sink: failing, retryDelay: () => 0 });
    await buffer.incr('Page', { views: 1 }, { path: '/' });
    while (entries.length === 0) await buffer.processPending();
    await buffer.close();
  },

  async 'bad input'() {
    const buffer = createBuffer({ backend: memory() });
    const error = await rejection(buffer.incr('Page', { views: 0.5 }, { path: '/' }));
    await buffer.close();
    assert.ok(error instanceof InvalidInputError && error instanceof SluiceError && error instanceof Error);
    assert.equal(error.code, 'ERR_SLUICE_INVALID_AMOUNT');
    const unknown = await rejection(openBuffer({ url: 'nowhere://' }));
    assert.ok(unknown instanceof InvalidInputError);
    assert.equal(unknown.code, 'ERR_SLUICE_UNKNOWN_SCHEME');
  },

  async sql() {
    const db = await openDatabase();
    const sink = kyselySink({
      db,
      models: { Page: { table: 'pages', keys: ['path'], columns: ['views'], extra: ['last_seen'] } },
    });
    await sink.migrate();
    const buffer = createBuffer({ backend: memory(), sink });
    for (let i = 0; i < 2; i += 1) {
      await buffer.incr('Page', { views: 2 }, { path: '/' }, { last_seen: max(7 - i) });
      const { batches } = await buffer.processPending();
      assert.equal(batches, 1);
    }
    await buffer.close();
    const rows = await db.selectFrom('pages').selectAll().execute();
    assert.deepEqual({ ...rows[0] }, { path: '/', views: 4, last_seen: 7 });
    await db.destroy();
  },
};

/** How long to wait for a server that is not there. */
const IMPATIENT = { writeTimeoutMs: 400, closeTimeoutMs: 0 };

// Nothing listens there. What the backend throws must be known as retryable, or `incr` gives up at once.
async function countOnNothing(buffer: SluiceBuffer): Promise<void> {
  const error = await rejection(buffer.incr('Page', { views: 1 }, { path: '/' }));
  await buffer.close().catch(() => undefined);
  assert.ok(error instanceof IncrementError, `not an IncrementError: ${error}`);
  assert.ok(error instanceof SluiceError);
  assert.equal(error.code, 'ERR_SLUICE_WRITE_TIMEOUT');
  assert.equal(error.outcome, 'refused');
  assert.ok(error.cause instanceof BackendError, `the cause is not a BackendError: ${error.cause}`);
  assert.ok(error.cause instanceof SluiceError);
  assert.ok(!(error.cause instanceof IncrementError));
}

/** Steps that need `import()`, which Jest has not in its default mode. */
export const importSteps: Readonly<Record<string, () => Promise<void>>> = {
  // In a CommonJS program this is the other build of the backend, and so another copy of core's errors.
  async 'backend of the other format'() {
    const other = await import('@sluice/redis');
    const backend = other.redis({ url: variable('AWAY_URL') });
    await countOnNothing(createBuffer({ backend, ...IMPATIENT }));
  },
};

async function countAndProcess(open: (sink: Sink) => SluiceBuffer | Promise<SluiceBuffer>): Promise<void> {
  const { sink, entries } = recorder();
  const buffer = await open(sink);
  const views = Array.from({ length: 100 }, (_, i) =>
    buffer.incr(
      'Page',
      { views: 1 },
      { path: '/docs' },
      { lastSeen: max(new Date(i)), best: max(i), title: 'Docs' },
    ),
  );
  await Promise.all(views);
  assert.equal((await buffer.get('Page', ['views'], { path: '/docs' })).views, 100);
  await buffer.processPending();
  const { pending, claimed, dead } = await buffer.stats();
  await buffer.close();
  assert.deepEqual([pending, claimed, dead], [0, 0, 0]);
  assert.equal(entries.length, 1);
  assert.equal(entries[0]?.columns.views, 100);
  assert.deepEqual(entries[0]?.extra.lastSeen, { rule: 'max', value: new Date(99) });
  assert.equal(entries[0]?.extra.best?.value, 99);
}

function recorder(): { readonly sink: Sink; readonly entries: Entry[] } {
  const entries: Entry[] = [];
  return {
    entries,
    sink: async (batch) => {
      entries.push(...batch.entries);
    },
  };
}

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

function variable(name: string): string {
  const value = process.env[name];
  assert.ok(value, `${name} is not set`);
  return value;
}

/** The same server, with keys of its own. */
function fresh(url: string): string {
  return `${url}?prefix=${crypto.randomUUID()}`;
}
