import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GUARD_NAMES } from './src/guards/guards.js';
import { Laboratory } from './src/laboratory.js';
import { SHORT, WITHOUT } from './src/plans.js';
import { report } from './src/report.js';

const TIMEOUT_MS = 110_000;
const SEED = 1;

describe('the fault laboratory', () => {
  let laboratory: Laboratory;
  beforeAll(async () => {
    laboratory = await Laboratory.open();
  }, TIMEOUT_MS);
  afterAll(() => laboratory?.[Symbol.asyncDispose](), TIMEOUT_MS);

  it('finds no drift although every fault fired', { timeout: TIMEOUT_MS }, async () => {
    const result = await laboratory.run(SHORT, { seed: SEED });
    expect(result.problems, report(result)).toEqual([]);
    expect(result.drift, report(result)).toBe(false);
  });

  it.each(GUARD_NAMES)('finds drift without the %s', { timeout: TIMEOUT_MS }, async (without) => {
    const result = await laboratory.run(WITHOUT[without], { seed: SEED, without });
    expect(result.problems, report(result)).toEqual([]);
    expect(result.drift, report(result)).toBe(true);
  });
});
