import { formatNumber } from '../format.js';
import { compare, each, type Line } from '../lines.js';
import type { CountWatchedFigures } from '../measurements/count-watched.js';
import type { Scenario } from '../scenario.js';
import type { Watcher } from '../watching.js';

/** What it costs to be watched: by increments that merge, and by such that are a write each. */
export const telemetry: Scenario = {
  name: 'telemetry',
  rows: ['telemetry'],
  async run({ sizes, redisPort, measure, alternate }) {
    const merging = sizes.hot.sluice;
    const awaited = sizes.unitCosts;
    const count = (watcher?: Watcher) => () =>
      measure('count-watched', { watcher, redisPort, merging, awaited });
    const samples = await alternate({
      alone: count(),
      channels: count('channels'),
      metrics: count('metrics'),
      metricsAndSpans: count('metrics and spans'),
    });
    const lines = (how: string, figure: keyof CountWatchedFigures): Line[] =>
      (
        [
          ['diagnostics channels without subscribers', samples.channels],
          ['metrics', samples.metrics],
          ['metrics and every span', samples.metricsAndSpans],
        ] as const
      ).map(([watcher, figures]) =>
        compare(
          {
            row: 'telemetry',
            workload: `${watcher}: CPU of the process, Zipf, ${how}`,
            unit: 'µs an increment',
            sluice: each(figures, figure),
          },
          'without telemetry',
          each(samples.alone, figure),
        ),
      );
    return {
      lines: [
        ...lines(`${formatNumber(merging)} increments, lingerMs 10`, 'mergingMicros'),
        ...lines(`${formatNumber(awaited)} increments, each awaited`, 'awaitedMicros'),
      ],
      samples,
    };
  },
};
