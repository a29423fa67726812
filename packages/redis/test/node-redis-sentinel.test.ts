import { createBuffer } from '@sluice/core';
import { nodeRedis, redis } from '@sluice/redis';
import { startRedisSentinels } from '@sluice/test-servers';
import { recordingSink } from '@sluice/testing';
import * as six from 'redis';
import * as five from 'redis-5';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { surviveFailover } from './support/survive-failover.js';
import { useBuffer } from './support/use-buffer.js';

const PASSWORDS = { password: 's3cret', sentinelPassword: 'gu4rd' };
const group = await startRedisSentinels(PASSWORDS);
afterAll(() => group[Symbol.asyncDispose]());
beforeEach(async () => (await group.master()).call('FLUSHALL'));

describe.each([
  ['redis 5', five as unknown as typeof six],
  ['redis 6', six],
])('over the sentinels of %s', (_, { createSentinel }) => {
  const connect = async () => {
    const client = createSentinel({
      name: 'counters',
      sentinelRootNodes: group.sentinels.map(({ port }) => ({ host: '127.0.0.1', port })),
      sentinelClientOptions: { password: PASSWORDS.sentinelPassword },
      nodeClientOptions: { password: PASSWORDS.password },
    });
    client.on('error', () => {});
    return client.connect();
  };

  test('a buffer works', async () => {
    const client = await connect();
    await useBuffer(redis({ client: nodeRedis(client) }));
    await client.destroy();
  });

  test('a batch waits for the replicas', async () => {
    const client = await connect();
    const sink = recordingSink();
    const durability = { replicas: 2, timeoutMs: 2000, writes: true };
    const buffer = createBuffer({ backend: redis({ client: nodeRedis(client), durability }), sink });
    await buffer.incr('Page', { views: 1 }, { path: '/' });
    await buffer.processPending();
    expect(sink.total('Page', 'views')).toBe(1);
    await buffer.close();
    await client.destroy();
  });

  test('a master that is killed is replaced, and no increment is lost or doubled', async () => {
    const client = await connect();
    await surviveFailover(group, redis({ client: nodeRedis(client) }));
    await client.destroy();
  });
});
