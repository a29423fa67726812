import { formatNumber } from '../format.js';
import { alone, each } from '../lines.js';
import type { MergeFigures } from '../measurements/merge.js';
import type { Scenario } from '../scenario.js';

/** The scripts with the most to do: merging several columns, and an extra value, into what is pending. */
export const blocking: Scenario = {
  name: 'blocking',
  rows: ['blocking'],
  async run({ sizes, redisPort, measure, alternate }) {
    const targets = sizes.merge;
    const samples = await alternate({ sluice: () => measure('merge', { redisPort, targets }) });
    const load = `${formatNumber(targets)} targets, 3 columns and a max(), 3 times`;
    const line = (what: string, figure: keyof MergeFigures, goal?: { atMost: number }) =>
      alone(
        {
          row: 'blocking',
          workload: `${what}: ${load}`,
          unit: 'ms',
          sluice: each(samples.sluice, figure),
          ...(goal && { goal }),
        },
        'max',
      );
    return {
      lines: [
        line('scripts, median of those over 0.5 ms', 'medianMs'),
        line('scripts, 99th percentile', 'p99Ms', { atMost: 3 }),
        line('scripts, longest', 'longestMs', { atMost: 3 }),
      ],
      samples,
    };
  },
};
