/** A measured figure, and the command that prints it. */
export interface Measured {
  readonly value: number;
  readonly unit: string;
  readonly what: string;
  readonly command: string;
}

/** What the commands below were run on. The same for all, so that the figures fit together. */
export const MACHINE = 'Node 20.20.2, Redis 7.0.15 without persistence, linux x64, 2 cores, CPU AMD EPYC';

/** How long the target keys of the bench are, in bytes: `["Page","path","/cold/0000041"]`. */
export const MEASURED_KEY_BYTES = 30;

/**
 * All that is measured of a plan. To renew it, run the commands and copy their medians; the tests then name the
 * figures in docs/scaling.md that change.
 */
export const MEASURED = {
  redisPacket: unitCost(5.55, 'µs', 'Redis: reading a packet of writes, with its reply'),
  redisWrite: unitCost(12.9, 'µs', 'Redis: a write, whatever is in it'),
  redisNewTarget: unitCost(1.04, 'µs', 'Redis: a target of a write that is not pending yet'),
  redisMergedTarget: unitCost(1.4, 'µs', 'Redis: a target of a write that is pending already'),
  redisBatch: unitCost(62.7, 'µs', 'Redis: a batch, claimed and acknowledged'),
  redisClaimedTarget: unitCost(1.21, 'µs', 'Redis: a target of a batch'),
  processIncrement: unitCost(0.475, 'µs', 'a counting process: an increment'),
  processPacket: unitCost(38.5, 'µs', 'a counting process: a packet of writes, with its reply'),
  processWrite: unitCost(18, 'µs', 'a counting process: a write'),
  processTarget: unitCost(1.74, 'µs', 'a counting process: a target of a write'),
  workerBatch: unitCost(87.7, 'µs', 'a worker: a batch'),
  workerRow: benchRow('to SQL', 5, 'µs', 'a worker: a row of a batch, with the SQL sink'),
  databaseRows: benchRow('to SQL', 142_070, 'rows/s', 'PostgreSQL: batches of 1000, four at a time'),
  bytesTarget: benchRow(
    'memory',
    138,
    'bytes',
    `Redis: a pending target with a key of ${MEASURED_KEY_BYTES} bytes`,
  ),
  bytesKeyByte: unitCost(2.04, 'bytes', 'Redis: each further byte of a target key'),
} satisfies Readonly<Record<string, Measured>>;

export type Costs = Readonly<Record<keyof typeof MEASURED, number>>;

export const COSTS = Object.fromEntries(
  Object.entries(MEASURED).map(([name, { value }]) => [name, value]),
) as unknown as Costs;

function unitCost(value: number, unit: string, what: string): Measured {
  return benchRow('unit costs', value, unit, what);
}

function benchRow(row: string, value: number, unit: string, what: string): Measured {
  return { value, unit, what, command: `npm run bench -- --row "${row}"` };
}
