import { hasMariadb } from '@sluice/test-servers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GUARD_NAMES } from './src/guards/guards.js';
import { Laboratory } from './src/laboratory.js';
import { PLANS, WITHOUT } from './src/plans.js';
import { report } from './src/report.js';

const TIMEOUT_MS = 110_000;
/** Runs without a guard, at most, until one of them drifts. */
const TRIES = 4;
const SEED = 1;

describe('the fault laboratory', () => {
  let laboratory: Laboratory;
  beforeAll(async () => {
    laboratory = await Laboratory.open(['mariadb']);
  }, TIMEOUT_MS);
  afterAll(() => laboratory?.[Symbol.asyncDispose](), TIMEOUT_MS);

  it('finds no drift although every fault fired', { timeout: TIMEOUT_MS }, async () => {
    const result = await laboratory.run(PLANS.postgres.short, { seed: SEED });
    expect(result.problems, report(result)).toEqual([]);
    expect(result.drift, report(result)).toBe(false);
  });

  // On Debian: apt-get install mariadb-server
  it.skipIf(!hasMariadb)(
    'finds no drift on MariaDB (skipped where there is no mariadbd)',
    { timeout: TIMEOUT_MS },
    async () => {
      const result = await laboratory.run(PLANS.mariadb.short, { seed: SEED });
      expect(result.problems, report(result)).toEqual([]);
      expect(result.drift, report(result)).toBe(false);
    },
  );

  const removable = GUARD_NAMES.filter((name) => hasMariadb || WITHOUT[name].database !== 'mariadb');
  it.each(removable)('finds drift without the %s', { timeout: TIMEOUT_MS }, async (without) => {
    let result = await laboratory.run(WITHOUT[without], { seed: SEED, without });
    // Whether a fault meets the gap that the guard closes is up to the timing of real processes.
    for (let seed = SEED + 1; !result.drift && seed < SEED + TRIES; seed += 1) {
      result = await laboratory.run(WITHOUT[without], { seed, without });
    }
    expect(result.problems, report(result)).toEqual([]);
    expect(result.drift, report(result)).toBe(true);
  });
});
