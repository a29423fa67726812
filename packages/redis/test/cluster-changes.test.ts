import { crc32 } from 'node:zlib';
import { createBuffer } from '@sluice/core';
import { targetKey } from '@sluice/core/backend';
import { redis } from '@sluice/redis';
import { startRedisCluster } from '@sluice/test-servers';
import { recordingSink } from '@sluice/testing';
import calculateSlot from 'cluster-key-slot';
import { Cluster } from 'ioredis';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { tagOf } from '../src/keys.js';

const PARTITIONS = 8;
const PAGES = 100;

const cluster = await startRedisCluster({
  masters: 3,
  settings: { appendonly: 'yes', appendfsync: 'always' },
});
const client = new Cluster(
  cluster.nodes.map(({ port }) => ({ host: '127.0.0.1', port })),
  { clusterRetryStrategy: () => 20, redisOptions: { connectTimeout: 500 } },
);
client.on('error', () => {});
afterAll(async () => {
  client.disconnect();
  await cluster[Symbol.asyncDispose]();
});

const slotOf = (partition: number): number => calculateSlot(tagOf(partition));

const partitionOf = (id: number): number => crc32(targetKey('Page', { id })) % PARTITIONS;

describe.each([
  ['connections of its own', { url: cluster.url, prefix: 'own' }],
  ['a client that was borrowed', { client, prefix: 'borrowed' }],
])('over %s', (_, source) => {
  const open = ({ sink = recordingSink(), writeTimeoutMs = 30_000 } = {}) => {
    const buffer = createBuffer({
      backend: redis({ ...source, commandTimeoutMs: 500 }),
      partitions: PARTITIONS,
      sink,
      writeTimeoutMs,
      lingerMs: 0,
      // The failures are meant.
      logger: { warn() {}, error() {} },
    });
    const count = (ids: readonly number[]) =>
      Promise.allSettled(ids.map((id) => buffer.incr('Page', { views: 1 }, { id })));
    return { buffer, sink, count };
  };
  const pages = Array.from({ length: PAGES }, (__, id) => id);

  test('nothing is lost or doubled while the slots of partitions move', async () => {
    const { buffer, sink, count } = open();
    let isMoving = true;
    let rounds = 0;
    const counting = (async () => {
      while (isMoving) {
        const outcomes = await count(pages);
        expect(outcomes.filter(({ status }) => status === 'rejected')).toEqual([]);
        rounds += 1;
        if (rounds % 3 === 0) await buffer.processPending();
      }
    })();
    await expect.poll(() => rounds).toBeGreaterThan(1);
    for (const partition of [0, 1, 2, 3]) {
      const from = await cluster.masterOf(slotOf(partition));
      const to = cluster.nodes.find((node) => node !== from) ?? from;
      await cluster.moveSlot(slotOf(partition), to);
    }
    isMoving = false;
    await counting;
    await buffer.processPending();
    expect(sink.total('Page', 'views')).toBe(rounds * PAGES);
    expect(await buffer.stats()).toMatchObject({ pending: 0, claimed: 0, dead: 0 });
    await buffer.close();
  });

  test('a node that is down takes its partitions with it, and no other, until it is back', async () => {
    const { buffer, sink, count } = open();
    const { buffer: worker } = open({ sink, writeTimeoutMs: 500 });
    await count(pages);
    await buffer.processPending();
    const [down] = cluster.nodes as [(typeof cluster.nodes)[0]];
    const owners = await Promise.all(
      Array.from({ length: PARTITIONS }, (__, partition) => cluster.masterOf(slotOf(partition))),
    );
    const isServed = (id: number): boolean => owners[partitionOf(id)] !== down;
    const incr = (id: number): Promise<void> => buffer.incr('Page', { views: 1 }, { id });
    await down.kill();
    let isOver = false;
    const waiting = Promise.all(pages.filter((id) => !isServed(id)).map(incr)).finally(() => {
      isOver = true;
    });
    const served = pages.filter(isServed);
    await Promise.all(served.map(incr));
    await expect(worker.processPending()).rejects.toMatchObject({
      cause: expect.objectContaining({
        code: expect.stringMatching(/^ERR_SLUICE_BACKEND_(UNAVAILABLE|LOADING)$/),
      }),
    });
    expect(sink.total('Page', 'views')).toBe(PAGES + served.length);
    expect(served.length).toBeLessThan(PAGES);
    const ofDown = owners.flatMap((owner, partition) => (owner === down ? [partition] : []));
    const stats = await vi.waitFor(async () => {
      const latest = await buffer.stats();
      expect(latest.unavailable.map(({ partition }) => partition)).toEqual(ofDown);
      return latest;
    }, 20_000);
    const code = expect.stringMatching(/^ERR_SLUICE_BACKEND_(UNAVAILABLE|LOADING)$/);
    expect(stats.unavailable[0]).toMatchObject({ error: { code, retryable: true } });
    expect(stats.partitions.map(({ partition }) => partition)).toEqual(
      owners.flatMap((owner, partition) => (owner === down ? [] : [partition])),
    );
    expect(isOver).toBe(false);
    await down.start();
    await waiting;
    await buffer.processPending();
    expect(sink.total('Page', 'views')).toBe(2 * PAGES);
    await Promise.all([buffer.close(), worker.close()]);
  });
});
