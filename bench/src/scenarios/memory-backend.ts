import { formatNumber } from '../format.js';
import { compare, each } from '../lines.js';
import { measure } from '../measure.js';
import type { Scenario } from '../scenario.js';

/** No server: what Sluice itself takes. */
export const memoryBackend: Scenario = {
  name: 'memory backend',
  rows: ['memory backend'],
  async run({ sizes, alternate }) {
    const increments = sizes.inProcess;
    const samples = await alternate({
      sluice: () => measure('count-in-process', { counter: 'sluice', increments }),
      map: () => measure('count-in-process', { counter: 'map', increments }),
    });
    const line = compare(
      {
        row: 'memory backend',
        workload: `Zipf, ${formatNumber(increments)} increments`,
        unit: 'increments/s',
        sluice: each(samples.sluice, 'perSecond'),
        goal: { atLeast: 0.4 },
      },
      'a Map',
      each(samples.map, 'perSecond'),
    );
    return { lines: [line], samples };
  },
};
