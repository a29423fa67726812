import { createBuffer } from '@sluice/core';
import { redis } from '@sluice/redis';
import { startTcpProxy } from '@sluice/test-servers';
import { recordingSink, startRedisServer } from '@sluice/testing';
import { Redis } from 'ioredis';
import { expect, test, vi } from 'vitest';

test("a claim that the user's client sends again, long after, does not use its batch's id again", async () => {
  await using server = await startRedisServer();
  let losing = false;
  let lost = 0;
  await using proxy = await startTcpProxy(server.port, () => ({
    onReply() {
      if (!losing) return 'pass';
      lost += 1;
      return 'lose';
    },
  }));
  const sink = recordingSink();
  // By default ioredis sends again what had no reply when it has a new connection.
  const client = new Redis({ port: proxy.port, retryStrategy: () => 1000 });
  const common = { sink, partitions: 1, leaseMs: 200, logger: { warn() {}, error() {} } };
  const unlucky = createBuffer({ ...common, backend: redis({ client }) });
  const other = createBuffer({ ...common, backend: redis({ url: server.url }) });
  // From now on the server knows the script.
  await unlucky.processPending(0);
  await other.incr('Page', { views: 1 }, { id: 1 });

  losing = true;
  const processing = unlucky.processPending(0);
  await vi.waitUntil(() => lost === 1);
  while ((await other.processPending(0)).batches === 0);
  await other.incr('Page', { views: 10 }, { id: 1 });
  losing = false;
  expect(await processing).toMatchObject({ batches: 1 });

  expect(sink.total('Page', 'views')).toBe(11);
  await unlucky.close();
  await other.close();
  client.disconnect();
});
