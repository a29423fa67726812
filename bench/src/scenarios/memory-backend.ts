import { formatNumber } from '../format.js';
import { compare, each } from '../lines.js';
import type { Scenario } from '../scenario.js';

/** No server: what Sluice itself takes. */
export const memoryBackend: Scenario = {
  name: 'memory backend',
  rows: ['memory backend'],
  async run({ sizes, measure, alternate }) {
    const increments = sizes.inProcess;
    const samples = await alternate({
      sluice: () => measure('count-in-process', { counter: 'sluice', increments }),
      map: () => measure('count-in-process', { counter: 'map', increments }),
      sums: () => measure('count-in-process', { counter: 'sums', increments }),
    });
    const row = 'memory backend';
    const figure = {
      row,
      workload: `Zipf, ${formatNumber(increments)} increments`,
      unit: 'increments/s',
      sluice: each(samples.sluice, 'perSecond'),
    } as const;
    return {
      lines: [compare({ ...figure, goal: { atLeast: 0.4 } }, 'a Map', each(samples.map, 'perSecond'))],
      alternatives: [compare(figure, 'a Map of sums and promises', each(samples.sums, 'perSecond'))],
      samples,
    };
  },
};
