import { seededRandom } from '@sluice/testing';
import { describe, expect, test } from 'vitest';
import { flushesOf, writesOf } from '../src/flushes.js';
import { zipf } from '../src/zipf.js';
import { drawsOf } from './support/draws.js';

describe('flushes of one process', () => {
  test.each([
    { rate: 20, windowMs: 10 },
    { rate: 100, windowMs: 10 },
    { rate: 1000, windowMs: 10 },
    { rate: 20_000, windowMs: 5 },
    { rate: 3, windowMs: 1000 },
  ])('are as often and as large as in a simulation: $rate a second, $windowMs ms', ({ rate, windowMs }) => {
    const simulated = simulate(rate, windowMs, 10_000, 1);
    const reckoned = flushesOf({ rate, windowMs, maxTargets: 100_000 }, zipf(10_000, 1));
    expect(reckoned.perSecond / simulated.perSecond).toBeCloseTo(1, 1);
    expect(reckoned.increments / simulated.increments).toBeCloseTo(1, 1);
    expect(reckoned.targets / simulated.targets).toBeCloseTo(1, 1);
  });

  test('come early when the process is nearly full', () => {
    const { increments, targets, perSecond } = flushesOf(
      { rate: 1e6, windowMs: 1000, maxTargets: 80_000 },
      zipf(1e9, 0),
    );
    expect(targets / 70_000).toBeCloseTo(1, 3);
    expect(increments * perSecond).toBeCloseTo(1e6, 0);
  });
});

test.each([
  { targets: 1, partitions: 8 },
  { targets: 30, partitions: 64 },
  { targets: 200, partitions: 8 },
  { targets: 5000, partitions: 8 },
])('$targets targets go out in as many writes over $partitions partitions as in a simulation', (given) => {
  const { targets, partitions } = given;
  const random = seededRandom(1);
  const times = 200;
  let writes = 0;
  for (let time = 0; time < times; time += 1) {
    const counts = new Array<number>(partitions).fill(0);
    for (let target = 0; target < targets; target += 1) {
      const partition = Math.floor(random() * partitions);
      counts[partition] = (counts[partition] as number) + 1;
    }
    writes += counts.reduce((sum, count) => sum + Math.ceil(count / 250), 0);
  }
  expect(writesOf(targets, partitions) / (writes / times)).toBeCloseTo(1, 1);
});

/** Increments at random moments. What comes within the window after a flush waits for its end. */
function simulate(rate: number, windowMs: number, targets: number, exponent: number) {
  const random = seededRandom(7);
  const draw = drawsOf(targets, exponent, random);
  const window = windowMs / 1000;
  const most = 100_000;
  let [now, flushedAt, flushes, different] = [0, Number.NEGATIVE_INFINITY, 0, 0];
  const held = new Set<number>();
  const flush = (at: number): void => {
    flushes += 1;
    different += held.size;
    held.clear();
    flushedAt = at;
  };
  for (let i = 0; i < most; i += 1) {
    now += -Math.log(1 - random()) / rate;
    if (held.size > 0 && now >= flushedAt + window) flush(flushedAt + window);
    held.add(draw());
    if (now >= flushedAt + window) flush(now);
  }
  return { perSecond: flushes / now, increments: most / flushes, targets: different / flushes };
}
