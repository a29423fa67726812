import type { Samples } from '../alternate.js';
import { formatNumber } from '../format.js';
import { alone, compare, each, type Line } from '../lines.js';
import type { CountFigures, CountSettings } from '../measurements/count.js';
import type { RedisBenchmarkFigures } from '../measurements/redis-benchmark.js';
import { bars, curve } from '../plots.js';
import type { Bench, Scenario } from '../scenario.js';
import type { Sizes } from '../sizes.js';
import { spreadOf } from '../statistics.js';

// A second of increments merges before it is written: counters that are not looked at meanwhile can wait.
const LINGER_MS = 1000;
const KEYS = 1_000_000;

const PEERS = {
  sentry: 'Sentry',
  hincrby: 'awaited HINCRBY',
  autopipelining: 'auto-pipelined HINCRBY',
  bullmq: 'BullMQ, a job an increment',
  redisBenchmark: 'redis-benchmark, distinct hashes',
  redisBenchmarkHotHash: 'redis-benchmark, one hot hash',
};

/** Few pages get most of the views. */
export const hot: Scenario = {
  name: 'hot',
  rows: ['hot in', 'CPU', 'blocking'],
  async run(bench) {
    const samples = await bench.alternate(contestants(bench));
    const lingering = await bench.alternate(byLinger(bench));
    return {
      lines: linesOf(samples, bench.sizes),
      alternatives: alternativesOf(samples, bench.sizes),
      plots: {
        'hot-in': bars({
          title: 'Counting into Redis, hot rows',
          unit: 'increments/s',
          bars: Object.entries({ sluice: 'Sluice', ...PEERS }).map(([key, name]) => ({
            name,
            ...spreadOf(each(samples[key as keyof typeof samples], 'perSecond')),
          })),
        }),
        linger: curve({
          title: 'The longer increments linger, the more merge',
          x: 'lingerMs',
          y: 'increments/s',
          points: bench.sizes.lingerMs.map((lingerMs) => ({
            series: 'Sluice',
            x: lingerMs,
            ...spreadOf(each(lingering[nameOf(lingerMs)] ?? [], 'perSecond')),
          })),
          level: {
            name: PEERS.redisBenchmark,
            y: spreadOf(each(samples.redisBenchmark, 'perSecond')).median,
          },
        }),
      },
      samples: { ...samples, ...lingering },
    };
  },
};

type HotSamples = Samples<ReturnType<typeof contestants>>;

function contestants(bench: Bench) {
  const { redisPort: port, sizes, measure } = bench;
  const requests = sizes.hot.redisBenchmark;
  return {
    sluice: () => count(bench, 'sluice', sizes.hot.sluice),
    sentry: () => count(bench, 'sentry', sizes.hot.sentry),
    hincrby: () => count(bench, 'hincrby', sizes.hot.hincrby),
    autopipelining: () => count(bench, 'autopipelining', sizes.hot.autopipelining),
    bullmq: () => count(bench, 'bullmq', sizes.hot.bullmq),
    redisBenchmark: () => measure('redis-benchmark', { port, command: 'distinct', requests, targets: KEYS }),
    redisBenchmarkHotHash: () =>
      measure('redis-benchmark', { port, command: 'hot hash', requests, targets: KEYS }),
  };
}

function byLinger(bench: Bench): Record<string, () => Promise<CountFigures>> {
  const { lingerMs, hot } = bench.sizes;
  return Object.fromEntries(lingerMs.map((ms) => [nameOf(ms), () => count(bench, 'sluice', hot.sluice, ms)]));
}

function nameOf(lingerMs: number): string {
  return `sluice, lingerMs ${formatNumber(lingerMs)}`;
}

function count(
  { redisPort, measure }: Bench,
  counter: CountSettings['counter'],
  increments: number,
  lingerMs = LINGER_MS,
): Promise<CountFigures> {
  return measure('count', { counter, redisPort, increments, lingerMs });
}

function linesOf({ sluice, sentry, redisBenchmark }: HotSamples, { hot }: Sizes): Line[] {
  const rate = { row: 'hot in', unit: 'increments/s', sluice: each(sluice, 'perSecond') } as const;
  return [
    compare(
      { ...rate, workload: workload(hot.sluice, hot.sentry), goal: { atLeast: 100 } },
      PEERS.sentry,
      each(sentry, 'perSecond'),
    ),
    compare(
      { ...rate, workload: workload(hot.sluice, hot.redisBenchmark), goal: { atLeast: 2 } },
      PEERS.redisBenchmark,
      each(redisBenchmark, 'perSecond'),
    ),
    compare(
      {
        row: 'CPU',
        workload: `Redis CPU, ${workload(hot.sluice, hot.sentry)}`,
        unit: 's per million increments',
        sluice: each(sluice, 'cpuSeconds'),
        goal: { atMost: 0.02 },
      },
      PEERS.sentry,
      each(sentry, 'cpuSeconds'),
    ),
    alone(
      {
        row: 'blocking',
        workload: `longest script of "hot in", both cores busy`,
        unit: 'ms',
        sluice: each(sluice, 'longestMs'),
      },
      'max',
    ),
  ];
}

function alternativesOf(samples: HotSamples, { hot }: Sizes): Line[] {
  const against = (
    peer: keyof typeof PEERS,
    increments: number,
    figures: readonly (CountFigures | RedisBenchmarkFigures)[],
  ): Line =>
    compare(
      {
        row: 'hot in',
        workload: workload(hot.sluice, increments),
        unit: 'increments/s',
        sluice: each(samples.sluice, 'perSecond'),
      },
      PEERS[peer],
      figures.map(({ perSecond }) => perSecond),
    );
  return [
    against('hincrby', hot.hincrby, samples.hincrby),
    against('autopipelining', hot.autopipelining, samples.autopipelining),
    against('bullmq', hot.bullmq, samples.bullmq),
    against('redisBenchmarkHotHash', hot.redisBenchmark, samples.redisBenchmarkHotHash),
  ];
}

function workload(increments: number, peer: number): string {
  const others = peer === increments ? '' : `; the peer ${formatNumber(peer)}`;
  return `Zipf, ${formatNumber(increments)} increments${others}`;
}
