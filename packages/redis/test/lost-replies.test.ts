import { createBuffer } from '@sluice/core';
import { redis } from '@sluice/redis';
import { startTcpProxy } from '@sluice/test-servers';
import { recordingSink, seededRandom, startRedisServer } from '@sluice/testing';
import { expect, test } from 'vitest';

const ROUNDS = 150;
const TARGETS = 7;

test('lost replies and cut connections neither lose nor double an increment', async () => {
  await using server = await startRedisServer();
  const random = seededRandom(42);
  let lossRate = 0;
  let lost = 0;
  await using proxy = await startTcpProxy(server.port, () => ({
    onReply() {
      if (random() >= lossRate) return 'pass';
      lost += 1;
      return 'lose';
    },
  }));
  const sink = recordingSink();
  await using buffer = createBuffer({
    backend: redis({ url: `redis://127.0.0.1:${proxy.port}` }),
    sink,
    partitions: 2,
    batchSize: 3,
    // The failures are meant.
    logger: { warn() {}, error() {} },
  });
  await buffer.incr('Page', { views: 1 }, { path: '/0' });
  lossRate = 0.1;

  for (let round = 0; round < ROUNDS; round += 1) {
    const path = `/${round % TARGETS}`;
    await Promise.all([
      buffer.incr('Page', { views: 1 }, { path }),
      buffer.incr('Page', { views: 2 }, { path: '/hot' }),
    ]);
    if (round % 10 === 0) await buffer.processPending();
  }
  lossRate = 0;
  await buffer.processPending();

  expect(lost).toBeGreaterThan(20);
  expect(sink.total('Page', 'views', { path: '/hot' })).toBe(2 * ROUNDS);
  expect(sink.total('Page', 'views')).toBe(3 * ROUNDS + 1);
  expect(await buffer.stats()).toMatchObject({ pending: 0, claimed: 0, dead: 0 });
});
