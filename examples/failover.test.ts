import { startRedisCluster, startRedisSentinels } from '@sluice/test-servers';
import { expect, test } from 'vitest';
import { addUp, Programs } from './programs.js';

const VIEWS = 8000;
const PAGES = 50;
const COUNTED = new Map(Array.from({ length: PAGES }, (_, i) => [`/${i}`, VIEWS / PAGES] as const));

/** Runs the service, and has replicas take over once it counts. */
async function counted(url: string, replicas: number, takeOver: () => Promise<void>): Promise<unknown> {
  using started = new Programs({ SLUICE_URL: url, REPLICAS: `${replicas}` });
  const service = started.start('failover/service.ts', String(VIEWS), String(PAGES));
  const applied = addUp([service], VIEWS);
  await service.ready;
  await takeOver();
  expect(await service.exited).toEqual({ code: 0, signal: null });
  return applied;
}

test('a service counts each view once on a Redis Cluster, while replicas take over from their masters', async () => {
  await using cluster = await startRedisCluster({ masters: 3, replicas: 1 });
  const applied = await counted(cluster.url, 1, async () => {
    for (const slot of [0, 6000, 12_000]) {
      const [replica] = await cluster.replicasOf(await cluster.masterOf(slot));
      if (replica === undefined) throw new Error('there is no replica');
      await cluster.promote(replica);
      await cluster.settled();
    }
  });
  expect(applied).toEqual(COUNTED);
});

test('a service counts each view once under sentinels, while a replica takes over from a master that is killed', async () => {
  await using group = await startRedisSentinels();
  const applied = await counted(group.url, 2, async () => {
    const master = await group.master();
    await master.kill();
    await expect.poll(() => group.master(), { timeout: 30_000 }).not.toBe(master);
    await master.start();
  });
  expect(applied).toEqual(COUNTED);
});
