import { hasMariadb } from '@sluice/test-servers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GUARD_NAMES } from './src/guards/guards.js';
import { Laboratory } from './src/laboratory.js';
import { WITHOUT } from './src/plans.js';
import { report } from './src/report.js';

const TIMEOUT_MS = 240_000;
/** Runs without a guard, at most, until one of them drifts as planned. */
const TRIES = 4;
const SEED = 1;

describe('the guards', () => {
  let laboratory: Laboratory;
  beforeAll(async () => {
    laboratory = await Laboratory.open(['mariadb']);
  }, TIMEOUT_MS);
  afterAll(() => laboratory?.[Symbol.asyncDispose](), TIMEOUT_MS);

  const removable = GUARD_NAMES.filter((name) => hasMariadb || WITHOUT[name].database !== 'mariadb');
  it.each(removable)('finds drift without the %s', { timeout: TIMEOUT_MS }, async (without) => {
    let result = await laboratory.run(WITHOUT[without], { seed: SEED, without });
    // Whether a fault meets the gap that the guard closes, and all ends in time, is up to the timing of real processes.
    const isFound = (): boolean => result.drift && result.problems.length === 0;
    for (let seed = SEED + 1; !isFound() && seed < SEED + TRIES; seed += 1) {
      result = await laboratory.run(WITHOUT[without], { seed, without });
    }
    expect(result.problems, report(result)).toEqual([]);
    expect(result.drift, report(result)).toBe(true);
  });
});
