import { formatNumber } from '../format.js';
import { alone, each } from '../lines.js';
import { measure } from '../measure.js';
import type { Scenario } from '../scenario.js';

/** The scripts with the most to do: merging several columns, and an extra value, into what is pending. */
export const blocking: Scenario = {
  name: 'blocking',
  rows: ['blocking'],
  async run({ sizes, redisPort, alternate }) {
    const targets = sizes.merge;
    const samples = await alternate({ sluice: () => measure('merge', { redisPort, targets }) });
    const line = alone(
      {
        row: 'blocking',
        workload: `longest script: ${formatNumber(targets)} targets, 3 columns and a max(), 3 times`,
        unit: 'ms',
        sluice: each(samples.sluice, 'longestMs'),
        goal: { atMost: 3 },
      },
      'max',
    );
    return { lines: [line], samples };
  },
};
