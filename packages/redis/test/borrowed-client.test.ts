import { createBuffer } from '@sluice/core';
import { redis } from '@sluice/redis';
import { startRedisServer } from '@sluice/testing';
import { Command, Redis, type RedisOptions } from 'ioredis';
import { afterAll, describe, expect, test } from 'vitest';
import { useBuffer } from './support/use-buffer.js';

const server = await startRedisServer();
const admin = new Redis(server.url);
afterAll(async () => {
  admin.disconnect();
  await server.stop();
});

type Options = RedisOptions & { replyMapping?: 'legacy' | 'resp3' };

/** All that a buffer does, with a client of these options. */
async function useClient(
  options: Options,
  use: (client: Redis<'legacy' | 'resp3'>) => unknown = () => {},
): Promise<void> {
  await admin.flushall();
  const client = new Redis(server.url, options);
  client.on('error', () => {});
  await use(client);
  await useBuffer(redis({ client }));
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
  test.each(options.map((each) => [JSON.stringify(each), each] as const))('%s', (_, each) => useClient(each));

  test('a connection that was lost, and commands that were sent again', () =>
    useClient({ retryStrategy: () => 0 }, async (client) => {
      await client.ping();
      await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    }));

  test('reply and argument transformers for other commands', async () => {
    Command.setReplyTransformer('hgetall', () => ({ changed: 'yes' }));
    Command.setArgumentTransformer('mset', () => ['changed', 'yes']);
    await useClient({});
  });

  test('listeners, a pipeline and a transaction under way', () =>
    useClient({}, async (client) => {
      client.multi().incr('mine').exec();
      client.pipeline().incr('mine').exec();
    }));
});

test('many buffers on one client leave it as it was, and Node sees no leak', async () => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error): void => void warnings.push(warning);
  process.on('warning', onWarning);
  const client = new Redis(server.url);
  const counts = () => ['close', 'ready', '+node', '-node'].map((event) => client.listenerCount(event));
  const before = counts();
  const buffers = Array.from({ length: 20 }, (_, i) =>
    createBuffer({ backend: redis({ client, prefix: `many-${i}` }) }),
  );
  await Promise.all(buffers.map((buffer) => buffer.incr('Page', { views: 1 }, { path: '/' })));
  await Promise.all(buffers.map((buffer) => buffer.close()));
  expect(counts()).toEqual(before);
  const backend = redis({ client });
  const shared = Array.from({ length: 20 }, () => createBuffer({ backend }));
  await Promise.all(shared.map((buffer) => buffer.close()));
  process.off('warning', onWarning);
  expect(warnings).toEqual([]);
  client.disconnect();
});

describe('a client is refused that has', () => {
  test.each<[string, Options]>([
    ['stringNumbers', { stringNumbers: true }],
    ['monitor', { monitor: true }],
    ['role', { sentinels: [{}], name: 'master', role: 'slave' }],
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
