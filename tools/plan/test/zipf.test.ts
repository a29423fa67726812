import { seededRandom } from '@sluice/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { zipf } from '../src/zipf.js';
import { drawsOf } from './support/draws.js';

const ENOUGH = 8000;

describe('different targets among k increments', () => {
  test('are as many as a simulation draws, within four per cent', () => {
    fc.assert(
      fc.property(
        fc.record({
          targets: fc.integer({ min: 1, max: 50_000 }),
          exponent: fc.double({ min: 0, max: 2, noNaN: true }),
          increments: fc.integer({ min: 1, max: 5000 }),
          seed: fc.nat(),
        }),
        ({ targets, exponent, increments, seed }) => {
          const simulated = meanDistinct(targets, exponent, increments, seed);
          const reckoned = zipf(targets, exponent).distinct(increments);
          expect(Math.abs(reckoned / simulated - 1)).toBeLessThan(0.04);
        },
      ),
      { seed: 1, numRuns: 40, endOnFailure: true },
    );
  });

  test('are one for one increment, and all of them for very many', () => {
    for (const exponent of [0, 0.7, 1, 1.3]) {
      expect(zipf(12_345, exponent).distinct(1)).toBeCloseTo(1, 6);
      expect(zipf(12_345, exponent).distinct(1e15)).toBeCloseTo(12_345, 3);
    }
  });

  test('are reckoned for billions of targets, too', () => {
    // All alike: n (1 − e^(−k/n)).
    expect(zipf(4e9, 0).distinct(1e9)).toBeCloseTo(4e9 * -Math.expm1(-0.25), -3);
  });
});

test('the greatest share is that of the first rank', () => {
  expect(zipf(4, 1).greatestShare).toBeCloseTo(1 / (1 + 1 / 2 + 1 / 3 + 1 / 4), 10);
  expect(zipf(100_000, 1).greatestShare).toBeCloseTo(0.0827, 4);
  expect(zipf(1000, 0).greatestShare).toBeCloseTo(1 / 1000, 10);
});

/** Of as many simulations as it takes for chance to cancel out: their number varies by about its square root. */
function meanDistinct(targets: number, exponent: number, increments: number, seed: number): number {
  const draw = drawsOf(targets, exponent, seededRandom(seed));
  let [sum, times] = [0, 0];
  for (; sum < ENOUGH; times += 1) sum += new Set(Array.from({ length: increments }, draw)).size;
  return sum / times;
}
