import { describe, expect, test } from 'vitest';
import { busiestShare } from '../src/busiest-node.js';
import { COSTS } from '../src/costs.js';
import { usesOf } from '../src/limits.js';
import { loadOf } from '../src/load.js';
import { planFor } from '../src/plan.js';
import type { Workload } from '../src/workload.js';

const workload: Workload = {
  rate: 1e6,
  targets: 1e5,
  zipf: 1,
  processes: 50,
  lingerMs: 10,
  maxTargets: 100_000,
  roundTripMs: 0.5,
  intervalMs: 1000,
  batchSize: 1000,
  batchMs: 40,
  dbRows: 1e5,
  keyBytes: 30,
  outage: 3600,
  nodeMemory: 16,
  free: 0.4,
};

describe('what goes in comes out', () => {
  test.each([0, 0.8, 1.2])('with exponent %s', (zipf) => {
    const plan = planFor({ ...workload, zipf }, {}, COSTS);
    const { process, redis, out } = plan.load;
    expect(process.perSecond * process.increments * workload.processes).toBeCloseTo(workload.rate, 0);
    expect(redis.targetsPerSecond).toBeLessThanOrEqual(workload.rate * 1.000001);
    expect(out.rowsPerSecond).toBeLessThanOrEqual(redis.targetsPerSecond);
    expect(redis.writesPerSecond).toBeGreaterThanOrEqual(redis.packetsPerSecond);
  });
});

test('Redis takes what its parts take: a case that can be reckoned by hand', () => {
  // Each process: one increment a second of one target. So 100 packets, writes and targets; a row each second.
  const costs = {
    ...COSTS,
    redisPacket: 10,
    redisWrite: 20,
    redisNewTarget: 1,
    redisMergedTarget: 2,
    redisBatch: 50,
    redisClaimedTarget: 3,
  };
  const single = { ...workload, rate: 100, processes: 100, targets: 1, lingerMs: 0.5 };
  const { redis } = loadOf(single, { partitions: 1, nodes: 1, workers: 1 }, costs);
  expect(redis.cpu * 1e6).toBeCloseTo(100 * (10 + 20) + 1 * 1 + 99 * 2 + 50 + 3, 0);
});

test('there are as few nodes as the CPU to be left free allows', () => {
  const { layout, load } = planFor(workload, {}, COSTS);
  expect(load.redis.busiestNodeCpu).toBeLessThanOrEqual(1 - workload.free);
  const fewer = { ...layout, nodes: layout.nodes - 1 };
  expect(loadOf(workload, fewer, COSTS).redis.busiestNodeCpu).toBeGreaterThan(1 - workload.free);
});

test('memory asks for nodes, too', () => {
  const quiet = { ...workload, rate: 1e4, targets: 1e9, zipf: 0, outage: 86_400, nodeMemory: 32 };
  const { layout, load } = planFor(quiet, {}, COSTS);
  expect(layout.nodes).toBeGreaterThan(1);
  expect(load.backlog.busiestNodeBytes).toBeLessThanOrEqual(32e9);
});

test('what is given stays', () => {
  expect(planFor(workload, { nodes: 5, partitions: 48 }, COSTS).layout).toMatchObject({
    nodes: 5,
    partitions: 48,
  });
});

describe('limits', () => {
  const { layout, limits } = planFor(workload, {}, COSTS);

  test('come in the order in which a growing rate meets them', () => {
    const rates = limits.map(({ fullAt = Infinity }) => fullAt);
    expect(rates).toEqual([...rates].sort((a, b) => a - b));
  });

  test('are full at the rate that is named', () => {
    for (const { limit, fullAt } of limits) {
      if (fullAt === undefined) continue;
      const grown = { ...workload, rate: fullAt };
      expect(usesOf(grown, layout, loadOf(grown, layout, COSTS))[limit]).toBeCloseTo(1, 2);
    }
  });
});

test('a remedy helps, and the round value before it does not', () => {
  const slow = { ...workload, dbRows: 60_000 };
  const { remedies } = planFor(slow, {}, COSTS);
  expect(remedies).toEqual([{ limit: 'database', raise: { option: 'intervalMs', to: 2000 } }]);
  const exceeded = (intervalMs: number): boolean =>
    planFor({ ...slow, intervalMs }, {}, COSTS).limits.some(
      ({ limit, use }) => limit === 'database' && use > 1,
    );
  expect([exceeded(1000), exceeded(2000)]).toEqual([true, false]);
});

test('the busiest of equal nodes has no more than two partitions above the mean', () => {
  for (const nodes of [3, 5, 6, 9])
    expect(64 * busiestShare({ partitions: 64, nodes })).toBeLessThan(64 / nodes + 2);
  expect(busiestShare({ partitions: 64, nodes: 4 })).toBe(1 / 4);
  expect(busiestShare({ partitions: 2, nodes: 5 })).toBe(1 / 2);
});
