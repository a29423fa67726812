import { type BackendError, createBuffer, InvalidInputError } from '@sluice/core';
import { redis } from '@sluice/redis';
import { type RedisCluster, startRedisCluster } from '@sluice/test-servers';
import { recordingSink } from '@sluice/testing';
import { Cluster } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';

// A master and its replica, which may be cut off, and may then become the master without what it has missed.

const DURABILITY = { replicas: 1, timeoutMs: 100 };

let cluster: RedisCluster;
beforeAll(async () => {
  cluster = await startRedisCluster({ masters: 1, replicas: 1 });
});
afterAll(() => cluster?.[Symbol.asyncDispose]());

const master = () => cluster.masterOf(0);

/** The replica stays alive, and misses what follows. */
const cutOff = async () => cluster.cutOffReplicas(await master());
async function rejoin(): Promise<void> {
  await cluster.rejoinReplicas(await master());
  await cluster.settled();
}
/** The replica becomes the master; the old one becomes its replica, and forgets what it was alone to have. */
async function failOver(): Promise<void> {
  const [replica] = await cluster.replicasOf(await master());
  if (replica === undefined) throw new Error('there is no replica');
  await cluster.promote(replica);
  for (const node of cluster.nodes) await cluster.rejoinReplicas(node);
  await cluster.settled();
}

let prefix = 0;
beforeEach(() => {
  prefix += 1;
});
afterEach(rejoin);

function open(durability?: typeof DURABILITY & { writes?: boolean }, url = cluster.url) {
  const sink = recordingSink();
  const backend = redis({
    url: `${url}?prefix=test-${prefix}`,
    commandTimeoutMs: 3000,
    ...(durability && { durability }),
  });
  const buffer = createBuffer({
    backend,
    sink,
    partitions: 2,
    lingerMs: 0,
    writeTimeoutMs: 2000,
    logger: { warn() {}, error() {} },
  });
  const errors: string[] = [];
  buffer.on('error', (error) => errors.push((error as BackendError).code));
  return { buffer, sink, errors };
}
const count = (buffer: ReturnType<typeof open>['buffer']) =>
  Promise.all([0, 1, 2, 3].map((id) => buffer.incr('Page', { views: 1 }, { id })));

test('a claim that a replica has is applied', async () => {
  const { buffer, sink } = open(DURABILITY);
  await count(buffer);
  expect(await buffer.processPending()).toMatchObject({ entries: 4 });
  await count(buffer);
  expect(await buffer.processPending()).toMatchObject({ entries: 4 });
  expect(sink.total('Page', 'views')).toBe(8);
  await buffer.close();
});

describe('while the replica is cut off', () => {
  test('no batch is applied; afterwards it is, and the attempts that failed are not counted', async () => {
    const { buffer, sink, errors } = open(DURABILITY);
    await count(buffer);
    await cutOff();
    await expect(buffer.processPending()).rejects.toMatchObject({
      errors: [
        { code: 'ERR_SLUICE_BACKEND_UNREPLICATED', message: expect.stringContaining('0 of 1 replicas') },
        { code: 'ERR_SLUICE_BACKEND_UNREPLICATED' },
      ],
    });
    expect(errors).toEqual(['ERR_SLUICE_BACKEND_UNREPLICATED']);
    expect(sink.deliveries).toEqual([]);
    for (const { batch } of (await buffer.stats()).partitions)
      expect(batch).toMatchObject({ attempt: 0, isLeased: false });
    await rejoin();
    await buffer.processPending();
    expect(sink.deliveries.map(({ attempt }) => attempt)).toEqual([1, 1]);
    expect(sink.total('Page', 'views')).toBe(4);
    await buffer.close();
  });

  test('an increment resolves without it, or, with `writes`, as soon as it is back', async () => {
    const { buffer } = open(DURABILITY);
    const { buffer: durable } = open({ ...DURABILITY, writes: true });
    await Promise.all([count(buffer), count(durable)]);
    await cutOff();
    await count(buffer);
    let isDone = false;
    const counted = count(durable).then(() => {
      isDone = true;
    });
    await count(buffer);
    expect(isDone).toBe(false);
    await rejoin();
    await counted.catch(() => {});
    await count(durable);
    await Promise.all([buffer.close(), durable.close()]);
  });

  test('with `writes`, nothing begins, and nobody believes that data is lost', async () => {
    const { buffer: earlier } = open(DURABILITY);
    const { buffer } = open({ ...DURABILITY, writes: true });
    const lost: unknown[] = [];
    buffer.on('lost', (event) => lost.push(event));
    await count(earlier);
    await cluster.settled();
    await cutOff();
    // As if it had come back empty.
    await (await master()).call('FLUSHALL');
    const counted = count(buffer);
    await new Promise((resolve) => buffer.on('error', resolve));
    await failOver();
    await counted;
    expect(lost).toEqual([]);
    expect(await buffer.get('Page', ['views'], { id: 0 })).toEqual({ views: 2 });
    await Promise.all([earlier.close(), buffer.close()]);
  });

  test('with `writes`, what is not replicated in time may have been counted', async () => {
    const { buffer } = open({ ...DURABILITY, writes: true });
    await count(buffer);
    await cutOff();
    await expect(count(buffer)).rejects.toMatchObject({
      outcome: 'unknown',
      cause: { code: 'ERR_SLUICE_BACKEND_UNREPLICATED' },
    });
    await rejoin();
    await buffer.close();
  });
});

describe('when the replica becomes the master without what it has missed', () => {
  test('a batch that was claimed meanwhile is applied once', async () => {
    const { buffer, sink } = open(DURABILITY);
    await count(buffer);
    await cluster.settled();
    await cutOff();
    await buffer.processPending().catch(() => {});
    await failOver();
    await buffer.processPending();
    expect(sink.total('Page', 'views')).toBe(4);
    await buffer.close();
  });

  test('and without durability, twice', async () => {
    const { buffer, sink } = open();
    await count(buffer);
    await cluster.settled();
    await cutOff();
    await buffer.processPending();
    await failOver();
    await buffer.processPending();
    expect(sink.total('Page', 'views')).toBe(8);
    await buffer.close();
  });

  test('with `writes`, all increments that resolved are there, though their process is gone', async () => {
    const { buffer } = open({ ...DURABILITY, writes: true });
    await count(buffer);
    await buffer.close();
    await cutOff();
    await failOver();
    const { buffer: worker, sink } = open(DURABILITY);
    await worker.processPending();
    expect(sink.total('Page', 'views')).toBe(4);
    await worker.close();
  });
});

test('an idle producer sends again what a new master lacks, without durability, too', async () => {
  const { buffer, sink } = open();
  const lost: unknown[] = [];
  buffer.on('lost', (event) => lost.push(event));
  await count(buffer);
  await cluster.settled();
  await cutOff();
  await count(buffer);
  const old = await master();
  const [replica] = await cluster.replicasOf(old);
  await old.kill();
  await cluster.promote(replica as typeof old);
  const { buffer: worker } = open();
  const pending = async (): Promise<number> => {
    const pages = await worker.getMany(
      'Page',
      ['views'],
      [0, 1, 2, 3].map((id) => ({ id })),
    );
    return pages.reduce((sum, { views = 0 }) => sum + views, 0);
  };
  await vi.waitUntil(async () => (await pending()) === 8, { timeout: 30_000, interval: 20 });
  await old.start();
  await buffer.processPending();
  expect([sink.total('Page', 'views'), lost]).toEqual([8, []]);
  await Promise.all([buffer.close(), worker.close()]);
});

test('a Cluster client of one’s own may be lent', async () => {
  const client = new Cluster(cluster.nodes.map(({ port }) => ({ host: '127.0.0.1', port })));
  const sink = recordingSink();
  const buffer = createBuffer({
    backend: redis({ client, prefix: `test-${prefix}`, durability: { ...DURABILITY, writes: true } }),
    partitions: 2,
    sink,
  });
  await count(buffer);
  await buffer.processPending();
  expect(sink.total('Page', 'views')).toBe(4);
  await buffer.close();
  client.disconnect();
});

test.each([
  [{ replicas: 0, timeoutMs: 50 }, '"replicas" of durability must be an integer from 1 to 100, not 0'],
  [{ replicas: 1, timeoutMs: 5000 }, '"timeoutMs" of durability must be an integer from 1 to 4999'],
  [{ replicas: 1, timeoutMs: 50, writes: 1 }, '"writes" of durability must be a boolean'],
  [{ replicas: 1, timeoutMs: 50, fsync: true }, 'there is no "fsync"'],
  ['all', '"durability" of redis() must be a plain object'],
])('durability %j is refused', (durability, message) => {
  const make = () => redis({ url: 'redis://localhost', durability: durability as never });
  expect(make).toThrow(InvalidInputError);
  expect(make).toThrow(message);
});
