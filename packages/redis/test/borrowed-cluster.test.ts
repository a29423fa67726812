import { redis } from '@sluice/redis';
import { startRedisCluster } from '@sluice/test-servers';
import calculateSlot from 'cluster-key-slot';
import { Cluster, type ClusterOptions } from 'ioredis';
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { borrowedConnection } from '../src/borrowed-connection.js';
import type { RedisClient } from '../src/connection.js';
import { useBuffer } from './support/use-buffer.js';

type NodeOptions = NonNullable<ClusterOptions['redisOptions']> & { replyMapping?: 'legacy' | 'resp3' };
type Options = Omit<ClusterOptions, 'redisOptions'> & { redisOptions?: NodeOptions };

const TIMEOUT_MS = 5000;

const cluster = await startRedisCluster({ masters: 3 });
const clients: Cluster[] = [];
afterAll(async () => {
  for (const client of clients) client.disconnect();
  await cluster[Symbol.asyncDispose]();
});

function clientOf(options: Options = {}, ports = cluster.nodes.map(({ port }) => port)): Cluster {
  const client = new Cluster(
    ports.map((port) => ({ host: '127.0.0.1', port })),
    options,
  );
  client.on('error', () => {});
  clients.push(client);
  return client;
}

const increment = (client: Cluster, key: string, timeoutMs = TIMEOUT_MS): Promise<unknown> =>
  borrowedConnection(client, timeoutMs).run(key, (each) =>
    each.eval("return redis.call('INCR', KEYS[1])", 1, key),
  );

test('all masters are found, before the client has connected, too', async () => {
  const masters = await borrowedConnection(clientOf({ lazyConnect: true }), TIMEOUT_MS).masters();
  expect(masters.map(({ name }) => name).sort()).toEqual(
    cluster.nodes.map(({ port }) => ` 127.0.0.1:${port}`).sort(),
  );
  expect(await masters[0]?.run((client) => client.info())).toContain('redis_version');
});

test('what is sent in one tick leaves in one packet a node', async () => {
  const client = clientOf();
  const keys = Array.from({ length: 90 }, (_, i) => `key-${i}`);
  await Promise.all(keys.map((key) => increment(client, key)));
  const reads = async (): Promise<number[]> =>
    Promise.all(
      cluster.nodes.map(async (node) =>
        Number(/total_reads_processed:(\d+)/.exec(String(await node.call('INFO', 'stats')))?.[1]),
      ),
    );
  const before = await reads();
  await Promise.all(keys.map((key) => increment(client, key)));
  // The questions themselves take a few.
  for (const [i, after] of (await reads()).entries()) expect(after - (before[i] ?? 0)).toBeLessThan(15);
});

describe('a reply that does not come', () => {
  const key = 'key';
  const nodes = [1, 2].map((port) => ({
    options: { host: 'h', port },
    stream: { bytesRead: 0, writableCorked: 0, cork() {}, uncork() {} },
  }));
  const slots: string[][] = [];
  slots[calculateSlot(key)] = ['h:1'];
  const client = { nodes: () => nodes, slots } as unknown as RedisClient;
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test.each([
    ['is given up after the timeout, whatever arrives from other nodes', 1, true],
    ['is waited for as long as something arrives from its node', 0, false],
  ])('%s', async (_, busy, isGivenUp) => {
    let isOver = false;
    borrowedConnection(client, TIMEOUT_MS)
      .run(key, () => new Promise(() => {}))
      .catch(() => {
        isOver = true;
      });
    const node = nodes[busy];
    if (node !== undefined) node.stream.bytesRead += 1;
    await vi.advanceTimersByTimeAsync(TIMEOUT_MS);
    expect(isOver).toBe(isGivenUp);
    await vi.advanceTimersByTimeAsync(TIMEOUT_MS);
    expect(isOver).toBe(true);
  });
});

describe('a client of which no node is alive', () => {
  test.each<[string, Options]>([
    ['that queues', { clusterRetryStrategy: () => null }],
    ['that queues nothing', { enableOfflineQueue: false }],
    ['that queues for ever', {}],
  ])('%s', async (_, options) => {
    await expect(increment(clientOf(options, [1, 2]), 'key', 300)).rejects.toMatchObject({
      code: 'ERR_SLUICE_BACKEND_UNAVAILABLE',
      retryable: true,
      outcome: 'unknown',
    });
  });
});

test('redirections that do not end are repeated later, and may have done something', async () => {
  const client = clientOf({ maxRedirections: 0 });
  await increment(client, 'key');
  const from = await cluster.masterOf(calculateSlot('key'));
  const to = cluster.nodes.find((node) => node !== from) ?? from;
  await cluster.moveSlot(calculateSlot('key'), to);
  await expect(increment(client, 'key')).rejects.toMatchObject({
    code: 'ERR_SLUICE_BACKEND_UNAVAILABLE',
    retryable: true,
    outcome: 'unknown',
    message: expect.stringContaining('Too many Cluster redirections'),
  });
});

// Every option that changes replies, keys, repeats or modes.
const options: Options[] = [
  {},
  { keyPrefix: 'app:' },
  { redisOptions: { keyPrefix: 'app:' } },
  { redisOptions: { protocol: 2 } },
  { redisOptions: { protocol: 3 } },
  { redisOptions: { protocol: 3, replyMapping: 'resp3' } },
  { redisOptions: { maxRetriesPerRequest: null } },
  { redisOptions: { maxRetriesPerRequest: 0, autoResendUnfulfilledCommands: false } },
  { redisOptions: { commandTimeout: 2000, connectTimeout: 2000 } },
  { enableAutoPipelining: true },
  { enableAutoPipelining: true, keyPrefix: 'app:' },
  { enableReadyCheck: false },
  { lazyConnect: true },
  { clusterRetryStrategy: () => null },
  { maxRedirections: 1 },
  { retryDelayOnFailover: 0, retryDelayOnClusterDown: 0, retryDelayOnTryAgain: 0 },
  { retryDelayOnMoved: 20 },
  { slotsRefreshInterval: 10 },
  { scaleReads: 'master' },
  { natMap: {} },
  { scripts: { other: { lua: 'return 1', numberOfKeys: 0 } } },
];
describe('a buffer works with a client that has', () => {
  test.each(options.map((each) => [JSON.stringify(each), each] as const))('%s', async (_, each) => {
    for (const node of cluster.nodes) await node.call('FLUSHALL');
    await useBuffer(redis({ client: clientOf(each) }));
  });
});

describe('a client is refused that has', () => {
  test.each<[string, Options]>([
    ['stringNumbers', { redisOptions: { stringNumbers: true } }],
    ['monitor', { redisOptions: { monitor: true } }],
    ['keyPrefix', { keyPrefix: '{app}:' }],
    ['keyPrefix', { redisOptions: { keyPrefix: '{app}:' } }],
    ['scaleReads', { scaleReads: 'slave' }],
    ['scaleReads', { scaleReads: 'all' }],
    ['scaleReads', { scaleReads: () => [] }],
    ['scripts', { scripts: { eval: { lua: 'return 1' } } }],
  ])('%s %j', (name, options) => {
    expect(() => redis({ client: clientOf({ ...options, lazyConnect: true }) })).toThrow(
      expect.objectContaining({
        code: 'ERR_SLUICE_INVALID_OPTION',
        message: expect.stringContaining(`"${name} of the client"`),
      }),
    );
  });
});
