import { describe, expect, it } from 'vitest';
import { alternate } from './src/alternate.js';
import { parse } from './src/arguments.js';
import { poissonTimes } from './src/arrivals.js';
import { type Reading, shareOf, summed } from './src/fleet.js';
import { formatNumber, formatSpread } from './src/format.js';
import { inFlight } from './src/in-flight.js';
import { alone, compare } from './src/lines.js';
import { FULL, QUICK } from './src/sizes.js';
import { ratioOf, spreadOf } from './src/statistics.js';
import { distinctPaths, zipfPaths } from './src/workload.js';

describe('statistics', () => {
  it('takes the median, the least and the greatest', () => {
    expect(spreadOf([3, 1, 2, 10])).toEqual({ median: 2.5, min: 1, max: 10 });
  });

  it('compares within rounds', () => {
    expect(ratioOf([10, 20, 30], [1, 4, 2])).toEqual({ median: 10, min: 5, max: 15 });
  });
});

describe('goals', () => {
  const what = { row: 'hot in', workload: 'some', unit: 'increments/s' } as const;

  it('are of the ratio where there is a peer', () => {
    const twice = (goal: { atLeast: number } | { atMost: number }) =>
      compare({ ...what, sluice: [200, 220, 90], goal }, 'a peer', [100, 110, 90]).met;
    expect([twice({ atLeast: 2 }), twice({ atLeast: 2.1 })]).toEqual([true, false]);
    expect([twice({ atMost: 2 }), twice({ atMost: 1.9 })]).toEqual([true, false]);
  });

  it('are of the figure, or of its worst round, where there is none', () => {
    const goal = { atMost: 3 };
    expect(alone({ ...what, sluice: [1, 2, 4], goal }).met).toBe(true);
    expect(alone({ ...what, sluice: [1, 2, 4], goal }, 'max').met).toBe(false);
  });
});

describe('the workload', () => {
  it('is the same each time', () => {
    expect(zipfPaths(1000)).toEqual(zipfPaths(1000));
  });

  it('differs by seed, over the same pages', () => {
    expect(zipfPaths(1000, 'docs', 2)).not.toEqual(zipfPaths(1000, 'docs', 1));
  });

  it('follows Zipf', () => {
    const count = 50_000;
    const paths = zipfPaths(count);
    const share = (page: number): number =>
      paths.filter((path) => path === `/docs/page-${page}`).length / count;
    // Of 100,000 pages, the first gets 1 / H(100,000) = 8.27 % of the views, the tenth a tenth of that.
    expect(share(0)).toBeCloseTo(0.0827, 2);
    expect(share(9) / share(0)).toBeCloseTo(0.1, 1);
  });

  it('has distinct targets', () => {
    expect(distinctPaths(41, 2)).toEqual(['/cold/0000041', '/cold/0000042']);
  });
});

describe('arrivals', () => {
  it('are the same for the same seed, and others for another one', () => {
    expect(poissonTimes(1000, 1, 7)).toEqual(poissonTimes(1000, 1, 7));
    expect(poissonTimes(1000, 1, 7)).not.toEqual(poissonTimes(1000, 1, 8));
  });

  it('are in order, within the time, and at the rate that is asked for', () => {
    const times = poissonTimes(20_000, 5, 1);
    expect(times).toEqual(Float64Array.from(times).sort());
    expect(times[0]).toBeGreaterThan(0);
    expect(times.at(-1)).toBeLessThan(5000);
    // The standard deviation of the count is its root: 316.
    expect(Math.abs(times.length - 100_000)).toBeLessThan(1500);
  });

  it('come as at random: the gaps vary as much as they are long', () => {
    const times = poissonTimes(1000, 50, 1);
    const gaps = Array.from(times, (time, i) => time - (times[i - 1] ?? 0));
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length;
    expect(mean).toBeCloseTo(1, 1);
    expect(Math.sqrt(variance)).toBeCloseTo(1, 1);
  });
});

describe('the figures of a fleet', () => {
  const from: Reading = { at: 1000, cpuSeconds: 3, commands: 100, requests: 50 };
  const to: Reading = { at: 3000, cpuSeconds: 3.5, commands: 4100, requests: 2050 };
  const load = (counted: number, cpuMicros: number, latencies: readonly number[]) => ({
    counted,
    cpuMicros,
    latencies,
  });
  const hundred = Array.from({ length: 100 }, (_, i) => i + 1);

  it('are of all processes, and of Redis less what it takes when idle', () => {
    const loads = [load(1500, 30_000, hundred.slice(0, 10)), load(500, 50_000, hundred.slice(10))];
    expect(shareOf(from, to)).toBe(0.25);
    const figures = summed(loads, 2, 0.05, from, to);
    expect(figures.redisShare).toBeCloseTo(0.2);
    expect(figures.redisMicros).toBeCloseTo(200);
    expect(figures).toMatchObject({
      perSecond: 1000,
      commandsPerSecond: 2000,
      requestsPerSecond: 1000,
      clientMicros: 40,
      p50: 50.5,
    });
    expect(figures.p99).toBeCloseTo(99.01);
  });
});

describe('alternate', () => {
  it('measures all in each round, and begins with another one', async () => {
    const order: string[] = [];
    const contestant = (name: string) => async () => {
      order.push(name);
      return { place: order.length };
    };
    const contestants = { a: contestant('a'), b: contestant('b'), c: contestant('c') };
    const samples = await alternate(contestants, 2, () => {});
    expect(order.join('')).toBe('abcbca');
    expect(samples).toEqual({
      a: [{ place: 1 }, { place: 6 }],
      b: [{ place: 2 }, { place: 4 }],
      c: [{ place: 3 }, { place: 5 }],
    });
  });
});

describe('inFlight', () => {
  it('runs up to the limit at a time, and all in the end', async () => {
    const done: number[] = [];
    let running = 0;
    let most = 0;
    await inFlight(3, [1, 2, 3, 4, 5, 6, 7], async (item) => {
      running += 1;
      most = Math.max(most, running);
      await Promise.resolve();
      running -= 1;
      done.push(item);
    });
    expect(most).toBe(3);
    expect(done).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });
});

describe('numbers', () => {
  it.each([
    [1_234_567.4, '1,234,567'],
    [99.96, '100'],
    [4.567, '4.57'],
    [0.01234, '0.0123'],
  ])('%d is %s', (value, text) => {
    expect(formatNumber(value)).toBe(text);
  });

  it('show the range of several rounds', () => {
    expect(formatSpread({ median: 2, min: 1, max: 3 }, 'ms')).toBe('2 ms (1–3)');
    expect(formatSpread({ median: 2, min: 2, max: 2 }, 'ms')).toBe('2 ms');
  });
});

describe('arguments', () => {
  it('have defaults', () => {
    expect(parse([])).toMatchObject({ sizes: FULL, rounds: 3, rows: [] });
    expect(parse(['--quick'])).toMatchObject({ sizes: QUICK, rounds: 2 });
  });

  it('pick rows, rounds and the folder', () => {
    expect(parse(['--row', 'hot in', '--row=cpu', '--row', 'to-SQL', '--rounds', '3', '--out', 'x'])).toEqual(
      {
        sizes: FULL,
        rounds: 3,
        rows: ['hot in', 'CPU', 'to SQL'],
        out: 'x',
      },
    );
  });

  it('show the help', () => {
    expect(parse(['--help'])).toBeUndefined();
  });

  it.each([[['--row', 'speed']], [['--rounds', '0']], [['--rounds', 'x']], [['--fast']], [['quick']]])(
    'refuse %j',
    (args) => {
      expect(() => parse(args)).toThrow();
    },
  );
});
