import { createBuffer } from '@sluice/core';
import { redis } from '@sluice/redis';
import { recordingSink, startRedisServer } from '@sluice/testing';
import { Redis } from 'ioredis';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { Keys } from '../src/keys.js';

const server = await startRedisServer();
const client = new Redis(server.url);
const keys = new Keys('sluice');
beforeEach(() => client.flushall());
afterAll(async () => {
  client.disconnect();
  await server.stop();
});

/** How many scripts a call runs. */
async function scriptsOf(call: () => Promise<unknown>): Promise<number> {
  await client.config('RESETSTAT');
  await call();
  return Number(/cmdstat_evalsha:calls=(\d+)/.exec(await client.info('commandstats'))?.[1] ?? 0);
}

function open(partitions: number) {
  const sink = recordingSink();
  const buffer = createBuffer({
    backend: redis({ url: server.url }),
    partitions,
    sink,
    lingerMs: 0,
    writeTimeoutMs: 300,
  });
  const pages = (from: number, to: number): Promise<unknown> =>
    Promise.allSettled(
      Array.from({ length: to - from }, (_, i) => buffer.incr('Page', { views: 1 }, { id: from + i })),
    );
  return { buffer, sink, pages };
}

test('small writes of many partitions are one call, large ones a call each', async () => {
  const { buffer, sink, pages } = open(8);
  await pages(0, 40);
  expect(await scriptsOf(() => pages(0, 40))).toBe(1);
  expect(await scriptsOf(() => pages(40, 80))).toBe(1);
  expect(await scriptsOf(() => pages(0, 800))).toBe(8);
  await buffer.processPending();
  expect(sink.total('Page', 'views')).toBe(920);
  await buffer.close();
});

test('a partition that cannot be written holds up no other', async () => {
  const { buffer, sink, pages } = open(8);
  await pages(0, 40);
  await buffer.processPending();
  // The script stops at this one, after it has applied those before.
  await client.set(keys.of(5).pending, 'text of another program');
  const outcomes = (await pages(0, 40)) as PromiseSettledResult<void>[];
  const refused = outcomes.filter(({ status }) => status === 'rejected');
  expect(refused.length).toBeGreaterThan(0);
  for (const { reason } of refused as PromiseRejectedResult[])
    expect(reason).toMatchObject({
      partition: 5,
      outcome: 'refused',
      cause: { code: 'ERR_SLUICE_BACKEND_CORRUPT' },
    });
  await client.del(keys.of(5).pending);
  await buffer.processPending();
  expect(sink.total('Page', 'views')).toBe(80 - refused.length);
  await buffer.close();
});
