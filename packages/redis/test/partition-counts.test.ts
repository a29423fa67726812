import { createBuffer } from '@sluice/core';
import { redis } from '@sluice/redis';
import { recordingSink, startRedisServer } from '@sluice/testing';
import { Redis } from 'ioredis';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { Keys } from '../src/keys.js';

// From the numbers of partitions in use follows where anything may be pending. Each copy of them may be lost.

const server = await startRedisServer();
const client = new Redis(server.url);
const { partitionCounts: copies } = new Keys('sluice');
beforeEach(() => client.flushall());
afterAll(async () => {
  client.disconnect();
  await server.stop();
});

/** Counts 40 pages over as many partitions. */
async function count(partitions: number): Promise<void> {
  await using buffer = createBuffer({ backend: redis({ client }), partitions });
  await Promise.all(Array.from({ length: 40 }, (_, id) => buffer.incr('Page', { views: 1 }, { id })));
}

/** What a worker with one partition applies. */
async function applied(): Promise<number> {
  const sink = recordingSink();
  await using worker = createBuffer({ backend: redis({ client }), partitions: 1, sink });
  await worker.processPending();
  return sink.total('Page', 'views');
}

test('each copy has all of them', async () => {
  await count(16);
  await count(5);
  for (const copy of copies) expect((await client.smembers(copy)).sort()).toEqual(['16', '5']);
  expect(await redis({ client }).partitionCounts()).toEqual([5, 16]);
});

test.each(copies)('all that is pending is found by the copy %s alone', async (last) => {
  await count(8);
  await client.del(copies.filter((copy) => copy !== last));
  expect(await applied()).toBe(40);
});

test('they are announced once, and again after a wipe', async () => {
  await using buffer = createBuffer({ backend: redis({ client }), partitions: 1 });
  const announced = async (): Promise<number> =>
    Number(/cmdstat_sadd:calls=(\d+)/.exec(await client.info('commandstats'))?.[1] ?? 0);
  const count = async (): Promise<void> => {
    await buffer.incr('Page', { views: 1 }, { id: 1 });
    await buffer.flush();
  };
  await client.config('RESETSTAT');
  for (let i = 0; i < 5; i += 1) await count();
  expect(await announced()).toBe(copies.length);
  await client.flushall();
  for (let i = 0; i < 5; i += 1) await count();
  expect(await announced()).toBe(2 * copies.length);
  expect(await redis({ client }).partitionCounts()).toEqual([1]);
});

test('members that are no number of partitions are passed over', async () => {
  await client.sadd(copies[0] as string, 'x', '-1', '0', '4097', '99999', '1.5', '', '7');
  expect(await redis({ client }).partitionCounts()).toEqual([7]);
});

describe('where another program uses the key', () => {
  const take = (keys: readonly string[]) => Promise.all(keys.map((key) => client.set(key, 'text')));

  test('of one copy, the others do', async () => {
    await take(copies.slice(0, 1));
    await count(8);
    expect(await applied()).toBe(40);
  });

  test('of all copies, nothing is counted or applied, and the error says why', async () => {
    await take(copies);
    const error = { code: 'ERR_SLUICE_BACKEND_CORRUPT' };
    await expect(count(8)).rejects.toMatchObject({ cause: error });
    await expect(applied()).rejects.toMatchObject(error);
  });
});
