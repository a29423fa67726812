import { formatNumber } from '../format.js';
import { compare, each, type Line } from '../lines.js';
import type { PassFigures } from '../measurements/pass.js';
import type { RedisBenchmarkFigures } from '../measurements/redis-benchmark.js';
import { bars } from '../plots.js';
import type { Scenario } from '../scenario.js';
import type { Sizes } from '../sizes.js';
import { spreadOf } from '../statistics.js';

// Large enough that hardly any is drawn twice.
const KEYS = 100_000_000;

const SENTRY = 'Sentry';
const REDIS_BENCHMARK = 'redis-benchmark, distinct hashes';

/** Each page gets one view: nothing merges. */
export const cold: Scenario = {
  name: 'cold',
  rows: ['cold in', 'memory', 'out', 'blocking'],
  async run({ sizes, redisPort, measure, alternate }) {
    const pass = (contestant: 'sluice' | 'sentry') => () =>
      measure('pass', { contestant, redisPort, targets: sizes.cold[contestant] });
    const samples = await alternate({
      sluice: pass('sluice'),
      sentry: pass('sentry'),
      redisBenchmark: () =>
        measure('redis-benchmark', {
          port: redisPort,
          command: 'distinct',
          requests: sizes.cold.redisBenchmark,
          targets: KEYS,
        }),
      hset: () => measure('hset', { redisPort, targets: sizes.cold.sluice }),
    });
    return {
      lines: linesOf(samples, sizes),
      alternatives: [
        compare(
          {
            row: 'cold in',
            workload: workload(sizes.cold.sluice, sizes.cold.sluice),
            unit: 'targets/s',
            sluice: each(samples.sluice, 'inPerSecond'),
          },
          'only HSET of the same fields',
          each(samples.hset, 'perSecond'),
        ),
      ],
      plots: { cold: plot(samples) },
      samples,
    };
  },
};

interface ColdSamples {
  readonly sluice: readonly PassFigures[];
  readonly sentry: readonly PassFigures[];
  readonly redisBenchmark: readonly RedisBenchmarkFigures[];
}

function linesOf({ sluice, sentry, redisBenchmark }: ColdSamples, { cold }: Sizes): Line[] {
  const rate = { row: 'cold in', unit: 'targets/s', sluice: each(sluice, 'inPerSecond') } as const;
  const blocking = { row: 'blocking', unit: 'ms' } as const;
  return [
    compare(
      { ...rate, workload: workload(cold.sluice, cold.sentry), goal: { atLeast: 30 } },
      SENTRY,
      each(sentry, 'inPerSecond'),
    ),
    compare(
      { ...rate, workload: workload(cold.sluice, cold.redisBenchmark), goal: { atLeast: 1 } },
      REDIS_BENCHMARK,
      each(redisBenchmark, 'perSecond'),
    ),
    compare(
      {
        row: 'memory',
        workload: `pending, ${workload(cold.sluice, cold.sentry)}`,
        unit: 'bytes/target',
        sluice: each(sluice, 'bytesPerTarget'),
        goal: { atMost: 0.3 },
      },
      SENTRY,
      each(sentry, 'bytesPerTarget'),
    ),
    compare(
      {
        row: 'out',
        workload: `to an empty sink, ${workload(cold.sluice, cold.sentry)}`,
        unit: 'targets/s',
        sluice: each(sluice, 'outPerSecond'),
        goal: { atLeast: 35 },
      },
      SENTRY,
      each(sentry, 'outPerSecond'),
    ),
    // Single commands of Sentry show how long the machine keeps Redis from its core.
    compare(
      {
        ...blocking,
        workload: 'longest script of "cold in", both cores busy',
        sluice: each(sluice, 'longestInMs'),
      },
      `${SENTRY}, longest command`,
      each(sentry, 'longestInMs'),
    ),
    compare(
      {
        ...blocking,
        workload: 'longest script of "out", both cores busy',
        sluice: each(sluice, 'longestOutMs'),
      },
      `${SENTRY}, longest command`,
      each(sentry, 'longestOutMs'),
    ),
  ];
}

function plot({ sluice, sentry, redisBenchmark }: ColdSamples) {
  const bar = (name: string, figures: readonly number[]) => ({ name, ...spreadOf(figures) });
  return bars({
    title: 'Targets that are counted once',
    unit: 'targets/s',
    bars: [
      bar('in: Sluice', each(sluice, 'inPerSecond')),
      bar('in: Sentry', each(sentry, 'inPerSecond')),
      bar(`in: ${REDIS_BENCHMARK}`, each(redisBenchmark, 'perSecond')),
      bar('out: Sluice', each(sluice, 'outPerSecond')),
      bar('out: Sentry', each(sentry, 'outPerSecond')),
    ],
  });
}

function workload(targets: number, peer: number): string {
  const others = peer === targets ? '' : `; the peer ${formatNumber(peer)}`;
  return `${formatNumber(targets)} distinct targets${others}`;
}
