import { createBuffer } from '@sluice/core';
import { redis } from '@sluice/redis';
import { recordingSink, seededRandom, startRedisServer } from '@sluice/testing';
import { expect, test } from 'vitest';
import { tcpProxy } from './support/tcp-proxy.js';

const ROUNDS = 150;
const TARGETS = 7;

test('lost replies and cut connections neither lose nor double an increment', async () => {
  await using server = await startRedisServer();
  await using proxy = await tcpProxy(server.port);
  const random = seededRandom(42);
  const sink = recordingSink();
  await using buffer = createBuffer({
    backend: redis({ url: proxy.url }),
    sink,
    partitions: 2,
    batchSize: 3,
  });
  await buffer.incr('Page', { views: 1 }, { path: '/0' });
  proxy.loseReply = () => random() < 0.1;

  for (let round = 0; round < ROUNDS; round += 1) {
    const path = `/${round % TARGETS}`;
    await Promise.all([
      buffer.incr('Page', { views: 1 }, { path }),
      buffer.incr('Page', { views: 2 }, { path: '/hot' }),
    ]);
    if (round % 10 === 0) await buffer.processPending();
  }
  const { lost } = proxy;
  proxy.loseReply = () => false;
  await buffer.processPending();

  expect(lost).toBeGreaterThan(20);
  expect(sink.total('Page', 'views', { path: '/hot' })).toBe(2 * ROUNDS);
  expect(sink.total('Page', 'views')).toBe(3 * ROUNDS + 1);
  expect(await buffer.stats()).toMatchObject({ pending: 0, claimed: 0, dead: 0 });
});
