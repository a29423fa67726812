import { type Buffer, createBuffer, type Sink } from '@sluice/core';
import { redis } from '@sluice/redis';
import { type RedisCluster, startRedisCluster } from '@sluice/test-servers';
import { type RedisServer, startRedisServer } from '@sluice/testing';
import { describe, expect, test } from 'vitest';

// Services are deployed one after the other, so they disagree about the number of partitions, and so does the worker.

const COUNTS = [1, 16, 5, 64];
const SERVICES = 3;
const PAGES = 40;
const BURSTS = 30;
/** Increments of a burst, each of a page that a service has next. */
const BURST = 20;

/** What became of the increments of a page, so far. */
class Page {
  begun = 0;
  acknowledged = 0;
  applied = 0;
  settled = 0;
}

describe.each<[string, () => Promise<(RedisServer | RedisCluster) & { readonly url: string }>]>([
  ['a server', () => startRedisServer()],
  ['a cluster', () => startRedisCluster({ masters: 3 })],
])('on %s', (_, start) => {
  test('services that disagree about the number of partitions lose nothing, strand nothing, and read right', async () => {
    await using server = await start();
    const pages = Array.from({ length: PAGES }, () => new Page());
    const pageOf = (id: unknown): Page => pages[Number(id)] as Page;
    const sink: Sink = async ({ entries }) => {
      for (const { filters, columns } of entries) pageOf(filters.id).applied += Number(columns.views);
    };
    const open = (turn: number): Buffer =>
      createBuffer({
        backend: redis({ url: server.url }),
        sink,
        partitions: COUNTS[turn % COUNTS.length] as number,
        lingerMs: 1,
      });

    const count = async (service: Buffer, id: number): Promise<void> => {
      const page = pageOf(id);
      page.begun += 1;
      await service.incr('Page', { views: 1 }, { id });
      page.acknowledged += 1;
    };
    let readings = 0;
    const read = async (service: Buffer, id: number): Promise<void> => {
      const page = pageOf(id);
      const { acknowledged, settled } = page;
      const { views } = await service.get('Page', ['views'], { id });
      expect(views).toBeGreaterThanOrEqual(acknowledged - page.applied);
      expect(views).toBeLessThanOrEqual(page.begun - settled);
      readings += 1;
    };
    const serve = async (service: Buffer, from: number): Promise<void> => {
      for (let burst = 0; burst < BURSTS; burst += 1) {
        const ids = Array.from({ length: BURST }, (__, i) => (from + burst * BURST + i * 7) % PAGES);
        await Promise.all([...ids.map((id) => count(service, id)), read(service, burst % PAGES)]);
      }
    };

    const services = Array.from({ length: SERVICES }, (__, i) => open(i));
    let worker = open(SERVICES);
    for (let turn = 1; turn <= COUNTS.length * 2; turn += 1) {
      let serving = true;
      const work = (async () => {
        while (serving) {
          await worker.processPending();
          for (const page of pages) page.settled = page.applied;
        }
      })();
      await Promise.all(services.map((service, i) => serve(service, i * 11 + turn)));
      serving = false;
      await work;
      // One at a time, as in a deploy.
      const next = turn % SERVICES;
      await services[next]?.close();
      services[next] = open(next + turn);
      await worker.close();
      worker = open(turn);
    }
    await worker.processPending();
    expect(await worker.stats()).toMatchObject({ pending: 0, claimed: 0, dead: 0 });
    expect(pages.map(({ applied }) => applied)).toEqual(pages.map(({ acknowledged }) => acknowledged));
    expect(readings).toBe(COUNTS.length * 2 * SERVICES * BURSTS);
    await Promise.all([...services, worker].map((buffer) => buffer.close()));
  });
});
