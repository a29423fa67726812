import { type RedisServer, startRedisServer } from '@sluice/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { campaign } from './simulation/campaign.js';
import { planOf } from './simulation/plan.js';
import { report } from './simulation/report.js';
import { run } from './simulation/run.js';
import { memoryStore, type OpenStore, RedisStores } from './simulation/store.js';

async function expectNoViolation(open: OpenStore, runs: number): Promise<void> {
  const summary = await campaign(open, { seed: 1, runs });
  expect(summary.last?.violations, report(summary)).toEqual([]);
  expect(summary.runs).toBe(runs);
}

describe('the simulation', () => {
  it('finds each increment counted once, on the memory backend', () => expectNoViolation(memoryStore, 300));

  it('repeats a run from its seed, event by event', async () => {
    const [first, second] = [await run(planOf(7), memoryStore), await run(planOf(7), memoryStore)];
    expect(first.trace.about([]).length).toBeGreaterThan(100);
    expect(second.trace.about([])).toEqual(first.trace.about([]));
  });

  describe('on Redis', () => {
    let server: RedisServer;
    let stores: RedisStores;
    beforeAll(async () => {
      server = await startRedisServer();
      stores = new RedisStores(server.url);
    });
    afterAll(async () => {
      stores?.[Symbol.dispose]();
      await server?.stop();
    });

    it('finds each increment counted once', () => expectNoViolation(stores.open, 36));
  });
});
