import { alone, each } from '../lines.js';
import type { PausesFigures, PausesSettings } from '../measurements/pauses.js';
import type { Scenario } from '../scenario.js';

const FIGURES = {
  medianMs: 'an awaited increment, median',
  longestMs: 'an awaited increment, longest',
  serversMedianMs: 'no server had the data, median',
} satisfies Record<keyof PausesFigures, string>;

/** How long counting pauses when servers change. */
export const pauses: Scenario = {
  name: 'pauses',
  rows: ['pauses'],
  async run({ sizes, measure, alternate }) {
    const times = sizes.changes;
    const changing = (change: PausesSettings['change']) => () => measure('pauses', { change, times });
    // Each measurement has its rounds inside.
    const samples = await alternate(
      {
        'slot move': changing('slot move'),
        'cluster failover': changing('cluster failover'),
        'sentinel failover': changing('sentinel failover'),
      },
      1,
    );
    const lines = Object.entries(samples).flatMap(([change, figures]) =>
      (Object.keys(FIGURES) as (keyof PausesFigures)[]).map((figure) =>
        alone({
          row: 'pauses',
          workload: `${change}, ${times} times: ${FIGURES[figure]}`,
          unit: 'ms',
          sluice: each(figures, figure),
        }),
      ),
    );
    return { lines, samples };
  },
};
