import { createBuffer, type Entry } from '@sluice/core';
import { redis } from '@sluice/redis';
import { startRedisServer } from '@sluice/testing';
import { Command, Redis, type RedisOptions } from 'ioredis';
import { afterAll, describe, expect, test } from 'vitest';

const server = await startRedisServer();
const admin = new Redis(server.url);
afterAll(async () => {
  admin.disconnect();
  await server.stop();
});

type Options = RedisOptions & { replyMapping?: 'legacy' | 'resp3' };

/** All that a buffer does, with a client of these options. */
async function useBuffer(
  options: Options,
  use: (client: Redis<'legacy' | 'resp3'>) => unknown = () => {},
): Promise<void> {
  await admin.flushall();
  const client = new Redis(server.url, options);
  client.on('error', () => {});
  await use(client);
  const applied: Entry[] = [];
  const buffer = createBuffer({
    backend: redis({ client }),
    partitions: 2,
    sink: async ({ entries }) => {
      const rejected = entries.flatMap(({ filters }, index) =>
        filters.path === '/bad' && applied.length > 0 ? [{ index, reason: 'bad' }] : [],
      );
      applied.push(...entries.filter((_, index) => rejected.every((rejection) => rejection.index !== index)));
      return { rejected };
    },
  });
  const views = (path: string): Promise<unknown> => buffer.get('Page', ['views'], { path });
  await buffer.incr('Page', { views: 1 }, { path: '/' }, { title: 'a' });
  await buffer.incr('Page', { views: 2 }, { path: '/' }, { title: 'b' });
  expect(await views('/')).toEqual({ views: 3 });
  expect(await buffer.stats()).toMatchObject({ pending: 1, claimed: 0, dead: 0 });
  await buffer.processPending();
  expect(applied).toMatchObject([{ columns: { views: 3 }, extra: { title: { value: 'b' } } }]);
  expect(await views('/')).toEqual({ views: 0 });
  await buffer.incr('Page', { views: 4 }, { path: '/bad' });
  await buffer.processPending();
  expect(await buffer.stats()).toMatchObject({ pending: 0, claimed: 0, dead: 1 });
  expect(await buffer.deadLetters.list()).toMatchObject([
    { reason: 'bad', entry: { columns: { views: 4 } } },
  ]);
  expect(await buffer.deadLetters.redrive('all')).toBe(1);
  expect(await views('/bad')).toEqual({ views: 4 });
  await buffer.processPending();
  expect(await buffer.deadLetters.discard('all')).toBe(1);
  expect(await buffer.stats()).toMatchObject({ pending: 0, claimed: 0, dead: 0 });
  expect(await buffer.validate()).toMatchObject({ durability: 'none' });
  await buffer.close();
  client.disconnect();
}

// Every option that changes replies, keys, repeats or modes.
const options: Options[] = [
  {},
  { keyPrefix: 'app:' },
  { db: 5 },
  { protocol: 3 },
  { protocol: 3, replyMapping: 'resp3' },
  { protocol: 2 },
  { enableAutoPipelining: true },
  { enableAutoPipelining: true, keyPrefix: 'app:' },
  { enableAutoPipelining: true, autoPipeliningIgnoredCommands: ['evalsha', 'hget'] },
  { readOnly: true },
  { commandTimeout: 2000 },
  { blockingTimeout: 2000 },
  { socketTimeout: 2000 },
  { connectTimeout: 2000 },
  { maxRetriesPerRequest: null },
  { maxRetriesPerRequest: 0 },
  { maxRetriesPerRequest: 1 },
  { enableOfflineQueue: false },
  { enableOfflineQueue: false, lazyConnect: true },
  { offlineQueue: false },
  { enableReadyCheck: false },
  { lazyConnect: true },
  { autoResendUnfulfilledCommands: false },
  { autoResendUnfulfilledCommands: true },
  { autoResubscribe: false },
  { retryStrategy: null },
  { retryStrategy: () => null },
  { reconnectOnError: () => 2 },
  { maxLoadingRetryTime: 0 },
  { scripts: { other: { lua: 'return 1', numberOfKeys: 0 } } },
  { connectionName: 'app' },
  { disableClientInfo: true },
  { showFriendlyErrorStack: true },
  { natMap: {} },
  { noDelay: false, keepAlive: 1, family: 4 },
  { sentinelRetryStrategy: () => null },
];

describe('a buffer works with a client that has', () => {
  test.each(options.map((each) => [JSON.stringify(each), each] as const))('%s', (_, each) => useBuffer(each));

  test('a connection that was lost, and commands that were sent again', () =>
    useBuffer({ retryStrategy: () => 0 }, async (client) => {
      await client.ping();
      await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    }));

  test('reply and argument transformers for other commands', async () => {
    Command.setReplyTransformer('hgetall', () => ({ changed: 'yes' }));
    Command.setArgumentTransformer('mset', () => ['changed', 'yes']);
    await useBuffer({});
  });

  test('listeners, a pipeline and a transaction under way', () =>
    useBuffer({}, async (client) => {
      client.multi().incr('mine').exec();
      client.pipeline().incr('mine').exec();
    }));
});

describe('a client is refused that has', () => {
  test.each<[string, Options]>([
    ['stringNumbers', { stringNumbers: true }],
    ['monitor', { monitor: true }],
    ['keyPrefix', { keyPrefix: '{app}:' }],
    ['keyPrefix', { keyPrefix: Buffer.from('app:') as never }],
    ['scripts', { scripts: { evalsha: { lua: 'return 1' } } }],
  ])('%s %j', (name, each) => {
    const client = new Redis({ ...each, lazyConnect: true });
    expect(() => redis({ client })).toThrow(
      expect.objectContaining({
        code: 'ERR_SLUICE_INVALID_OPTION',
        message: expect.stringContaining(`"${name} of the client"`),
      }),
    );
  });
});

test('a client that listens to channels takes no commands, and says so', async () => {
  const client = new Redis(server.url, { protocol: 2 });
  await client.subscribe('news');
  await expect(redis({ client }).deadLetters(0, 0, 1)).rejects.toMatchObject({
    code: 'ERR_SLUICE_BACKEND_FAILED',
    retryable: false,
    outcome: 'refused',
    message: expect.stringContaining('subscriber mode'),
  });
  client.disconnect();
});
