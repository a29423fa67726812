import { alone, each } from '../lines.js';
import type { UnitCostFigures } from '../measurements/unit-costs.js';
import type { Scenario } from '../scenario.js';

const UNITS = {
  redis: 'µs of Redis',
  process: 'µs of the process',
  worker: 'µs of the worker',
  bytes: 'bytes',
};

/** What `npm run plan` reckons with: the parts that counting and draining are made of. */
export const unitCosts: Scenario = {
  name: 'unit costs',
  rows: ['unit costs'],
  async run({ sizes, redisPort, measure, alternate }) {
    const samples = await alternate({
      sluice: () => measure('unit-costs', { redisPort, targets: sizes.unitCosts }),
    });
    const figures = Object.keys(samples.sluice[0] ?? {}) as (keyof UnitCostFigures)[];
    return {
      lines: figures.map((figure) =>
        alone({
          row: 'unit costs',
          workload: figure,
          unit: unitOf(figure),
          sluice: each(samples.sluice, figure),
        }),
      ),
      samples,
    };
  },
};

function unitOf(figure: keyof UnitCostFigures): string {
  const [whose = ''] = /^[a-z]+/.exec(figure) ?? [];
  return UNITS[whose as keyof typeof UNITS];
}
