import { hasMariadb } from '@sluice/test-servers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Laboratory } from './src/laboratory.js';
import { PLANS } from './src/plans.js';
import { report } from './src/report.js';

const TIMEOUT_MS = 240_000;
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

  it.each(['cluster', 'sentinel'] as const)(
    'finds no drift although servers failed over (%s)',
    { timeout: TIMEOUT_MS },
    async (redis) => {
      const result = await laboratory.run(PLANS[redis].short, { seed: SEED });
      expect(result.problems, report(result)).toEqual([]);
      expect(result.drift, report(result)).toBe(false);
    },
  );

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
});
