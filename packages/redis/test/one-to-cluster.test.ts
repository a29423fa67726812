import { createBuffer } from '@sluice/core';
import { redis } from '@sluice/redis';
import { startRedisCluster } from '@sluice/test-servers';
import { recordingSink, startRedisServer } from '@sluice/testing';
import { expect, test } from 'vitest';

// The steps of docs/scaling.md from one Redis to a Cluster, with services that change over one after the other.

const PAGES = 20;
const pages = Array.from({ length: PAGES }, (_, id) => id);

test('services move from one Redis to a Cluster, and each increment is applied once', async () => {
  await using server = await startRedisServer();
  await using cluster = await startRedisCluster({ masters: 3 });
  const sink = recordingSink();
  const open = (url: string) => createBuffer({ backend: redis({ url }), sink, partitions: 8, lingerMs: 0 });
  const count = (service: ReturnType<typeof open>) =>
    Promise.all(pages.map((id) => service.incr('Page', { views: 1 }, { id })));

  const services = [open(server.url), open(server.url), open(server.url)];
  const oldWorker = open(server.url);
  const newWorker = open(cluster.url);
  let counted = 0;
  for (const [i, service] of services.entries()) {
    await Promise.all(services.map(count));
    counted += services.length * PAGES;
    await Promise.all([oldWorker.processPending(), newWorker.processPending()]);
    await count(service);
    counted += PAGES;
    await service.close();
    services[i] = open(cluster.url);
  }
  await Promise.all(services.map(count));
  counted += services.length * PAGES;

  await oldWorker.processPending();
  expect(await oldWorker.stats()).toMatchObject({ pending: 0, claimed: 0, dead: 0 });
  await newWorker.processPending();
  expect(await newWorker.stats()).toMatchObject({ pending: 0, claimed: 0, dead: 0 });
  expect(sink.total('Page', 'views')).toBe(counted);
  // One ledger serves both.
  const ids = sink.deliveries.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  await Promise.all([...services, oldWorker, newWorker].map((buffer) => buffer.close()));
});
