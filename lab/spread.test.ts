import { expect, test } from 'vitest';
import { PARTITIONS, spread } from './spread/spread.js';

test('workers that share a BullMQ queue count exactly, with a job a partition at most, while one is killed', async () => {
  const result = await spread({ increments: 20_000, kills: 5, seed: 1 });
  expect(result).toMatchObject({ drift: 0, wrongRows: 0, jobs: 0, exitCodes: [0, 0, 0, 0] });
  expect(result.kills).toBeGreaterThan(0);
  expect(result.mostJobs).toBeGreaterThan(0);
  expect(result.mostJobs).toBeLessThanOrEqual(PARTITIONS);
});
