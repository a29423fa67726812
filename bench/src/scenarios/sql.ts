import { formatNumber } from '../format.js';
import { compare, each } from '../lines.js';
import type { Scenario } from '../scenario.js';

const UPSERT = 'raw upserts of the same rows';

const BATCH = 4000;
const DEFAULT_BATCH = 1000;

/** All the way to PostgreSQL. */
export const sql: Scenario = {
  name: 'sql',
  rows: ['to SQL'],
  async run({ sizes, redisPort, postgresUrl: start, measure, alternate }) {
    const postgresUrl = await start();
    const { sluice: increments, update } = sizes.sql;
    const samples = await alternate({
      sluice: () => measure('sql-sluice', { redisPort, postgresUrl, increments, batchSize: BATCH }),
      sluiceByDefault: () =>
        measure('sql-sluice', { redisPort, postgresUrl, increments, batchSize: DEFAULT_BATCH }),
      update: () => measure('sql-update', { postgresUrl, increments: update }),
      upsert: () => measure('sql-upsert', { postgresUrl, increments }),
    });
    const row = 'to SQL';
    const zipf = `Zipf, ${formatNumber(increments)} increments`;
    const upserted = each(samples.upsert, 'rowsPerSecond');
    return {
      lines: [
        compare(
          {
            row,
            workload: `${zipf}: end to end; the peer ${formatNumber(update)}`,
            unit: 'increments/s',
            sluice: each(samples.sluice, 'perSecond'),
            goal: { atLeast: 100 },
          },
          'an UPDATE an increment',
          each(samples.update, 'perSecond'),
        ),
        compare(
          {
            row,
            workload: `${zipf}: the drain, batches of ${formatNumber(BATCH)}`,
            unit: 'rows/s',
            sluice: each(samples.sluice, 'rowsPerSecond'),
            goal: { atLeast: 0.7 },
          },
          UPSERT,
          upserted,
        ),
      ],
      alternatives: [
        compare(
          {
            row,
            workload: `${zipf}: end to end`,
            unit: 'rows/s',
            sluice: each(samples.sluice, 'rowsPerSecondInAll'),
          },
          UPSERT,
          upserted,
        ),
        compare(
          {
            row,
            workload: `${zipf}: the drain, batches of ${formatNumber(DEFAULT_BATCH)} as by default`,
            unit: 'rows/s',
            sluice: each(samples.sluiceByDefault, 'rowsPerSecond'),
          },
          UPSERT,
          upserted,
        ),
      ],
      samples,
    };
  },
};
