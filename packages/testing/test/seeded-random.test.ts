import { seededRandom } from '@sluice/testing';
import { expect, test } from 'vitest';

const draw = (seed: number, count: number): number[] => {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => random());
};

test('the same seed draws the same numbers', () => {
  expect(draw(7, 100)).toEqual(draw(7, 100));
  expect(draw(7, 5)).not.toEqual(draw(8, 5));
});

test('numbers are from 0 up to 1, and evenly spread', () => {
  const numbers = draw(1, 20_000);
  expect(numbers.every((number) => number >= 0 && number < 1)).toBe(true);
  const tenths = Array.from(
    { length: 10 },
    (_, tenth) => numbers.filter((n) => Math.floor(n * 10) === tenth).length,
  );
  for (const count of tenths) expect(Math.abs(count - 2000)).toBeLessThan(200);
});
