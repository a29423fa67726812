import { createBuffer, type Sink } from '@sluice/core';
import { redis } from '@sluice/redis';
import { recordingSink, seededRandom, startRedisServer } from '@sluice/testing';
import { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { Keys } from '../src/keys.js';

const IDS = [0, 1, 2, 3, 4];
const INCREMENTS = 300;

test('a row and what get returns are never less than what was acknowledged, while others count and apply', async () => {
  await using server = await startRedisServer();
  const random = seededRandom(7);
  const open = (partitions: number, sink?: Sink) =>
    createBuffer({
      backend: redis({ url: server.url }),
      partitions,
      batchSize: 2,
      retryDelay: () => 0,
      // The failures are meant.
      logger: { warn() {}, error() {} },
      ...(sink && { sink }),
    });
  const table = recordingSink();
  await using one = open(3);
  await using two = open(5);
  await using worker = open(1, table);
  await using reader = open(2);
  const acknowledged = IDS.map(() => 0);
  const rows = (): number[] => IDS.map((id) => table.total('Page', 'views', { id }));
  const held = async (): Promise<number[]> => {
    const sums = await reader.getMany(
      'Page',
      ['views'],
      IDS.map((id) => ({ id })),
    );
    return sums.map(({ views }) => views);
  };

  let isCounting = true;
  let reads = 0;
  const count = async (): Promise<void> => {
    for (let i = 0; i < INCREMENTS; i += 1) {
      const id = Math.floor(random() * IDS.length);
      const views = 1 + Math.floor(random() * 9);
      await (random() < 0.5 ? one : two).incr('Page', { views }, { id });
      acknowledged[id] = (acknowledged[id] ?? 0) + views;
    }
    isCounting = false;
  };
  const process = async (): Promise<void> => {
    while (isCounting) {
      if (random() < 0.5) table.fail(new Error('no'), { when: random() < 0.5 ? 'before' : 'after' });
      await worker.processPending();
    }
  };
  const read = async (): Promise<void> => {
    for (; isCounting; reads += 1) {
      const least = [...acknowledged];
      const sums = await held();
      const table = rows();
      const short = IDS.filter((id) => (sums[id] ?? 0) + (table[id] ?? 0) < (least[id] ?? 0));
      expect(short).toEqual([]);
    }
  };
  await Promise.all([count(), process(), read()]);
  expect(reads).toBeGreaterThan(20);

  for (const _ of IDS) await worker.processPending();
  expect(await held()).toEqual(IDS.map(() => 0));
  expect(rows()).toEqual(acknowledged);
});

test('the numbers of partitions are noted again by the next sixteen writes, if all copies of them are gone', async () => {
  await using server = await startRedisServer();
  const admin = new Redis(server.url);
  const open = (partitions: number) => createBuffer({ backend: redis({ url: server.url }), partitions });
  await using one = open(16);
  await using two = open(8);
  const count = () => Promise.all(IDS.map((id) => one.incr('Page', { views: 1 }, { id })));
  await count();
  await admin.del(new Keys('sluice').partitionCounts as string[]);
  admin.disconnect();
  for (let writes = 0; writes < 16; writes += 1) await count();
  const read = () => Promise.all(IDS.map((id) => two.get('Page', ['views'], { id })));
  expect(await read()).toEqual(IDS.map(() => ({ views: 17 })));
});
