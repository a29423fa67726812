import { hasMariadb } from '@sluice/test-servers';
import { formatNumber } from '../format.js';
import { compare, each, type Line } from '../lines.js';
import type { Outcome, Scenario } from '../scenario.js';
import { DATABASES, STORES } from '../sql/store.js';

const DEFAULT_BATCH = 1000;

/** The sink alone, its ledger included, beside upserts of as many rows in a transaction each. */
export const sinks: Scenario = {
  name: 'sinks',
  rows: ['sink'],
  async run({ sizes, measure, alternate }) {
    const lines: Line[] = [];
    const samples: Record<string, Outcome['samples'][string]> = {};
    for (const database of DATABASES) {
      if (database === 'MariaDB' && !hasMariadb) continue;
      await using server = await STORES[database].start();
      for (const existing of [true, false]) {
        const by = (writer: 'sluice' | 'upsert') => () =>
          measure('sink', {
            database,
            address: server.address,
            writer,
            existing,
            rows: sizes.sink,
            batchSize: DEFAULT_BATCH,
          });
        const { sluice, upsert } = await alternate({ sluice: by('sluice'), upsert: by('upsert') });
        const workload = `${database}, ${formatNumber(sizes.sink)} ${existing ? 'existing' : 'new'} rows, default options`;
        samples[`${workload}: Sluice`] = sluice;
        samples[`${workload}: upserts`] = upsert;
        lines.push(
          compare(
            {
              row: 'sink',
              workload,
              unit: 'rows/s',
              sluice: each(sluice, 'rowsPerSecond'),
              ...(database === 'PostgreSQL' && { goal: { atLeast: 0.7 } }),
            },
            'raw upserts of the same rows',
            each(upsert, 'rowsPerSecond'),
          ),
        );
      }
    }
    return { lines, samples };
  },
};
