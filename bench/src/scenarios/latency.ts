import { compare, each } from '../lines.js';
import type { LatencyFigures } from '../measurements/latency.js';
import { groupedBars } from '../plots.js';
import type { Scenario } from '../scenario.js';
import { spreadOf } from '../statistics.js';

const HINCRBY = 'awaited HINCRBY';
const QUANTILES = { p50: 'p50', p90: 'p90', p99: 'p99', p999: 'p99.9' } as const;

/** How long an awaited increment takes, under a load that the server can handle. */
export const latency: Scenario = {
  name: 'latency',
  rows: ['latency'],
  async run({ sizes, redisPort, measure, alternate }) {
    const seconds = sizes.latencySeconds;
    const samples = await alternate({
      sluice: () => measure('latency', { counter: 'sluice', redisPort, seconds }),
      hincrby: () => measure('latency', { counter: 'hincrby', redisPort, seconds }),
    });
    const line = (quantile: 'p50' | 'p99', goal?: { atMost: number }) =>
      compare(
        {
          row: 'latency',
          workload: `${quantile}, 20,000 a second for ${seconds} s, Zipf`,
          unit: 'ms',
          sluice: each(samples.sluice, quantile),
          ...(goal && { goal }),
        },
        HINCRBY,
        each(samples.hincrby, quantile),
      );
    return {
      lines: [line('p50'), line('p99', { atMost: 1.5 })],
      plots: {
        latency: groupedBars({
          title: 'Latency at 20,000 increments a second',
          unit: 'ms',
          bars: [...quantilesOf('Sluice', samples.sluice), ...quantilesOf(HINCRBY, samples.hincrby)],
        }),
      },
      samples,
    };
  },
};

function quantilesOf(series: string, samples: readonly LatencyFigures[]) {
  return Object.entries(QUANTILES).map(([quantile, name]) => ({
    series,
    name,
    ...spreadOf(each(samples, quantile as keyof typeof QUANTILES)),
  }));
}
