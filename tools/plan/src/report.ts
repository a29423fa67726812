import { MACHINE, MEASURED } from './costs.js';
import { amount, bytes, columns, count, percent, seconds } from './format.js';
import { LIMITS, type Limit } from './limits.js';
import { CONCURRENCY } from './load.js';
import type { Plan } from './plan.js';
import type { Remedy } from './remedy.js';
import type { Workload } from './workload.js';

type Row = readonly [name: string, figure: string, note: string];

/** A plan, to be read. */
export function report(plan: Plan): string {
  return [
    describe(plan.workload),
    section('To set up', setUp(plan)),
    section('A counting process', counting(plan)),
    section('Redis', redis(plan)),
    section('Workers and database', out(plan)),
    `What is full first, if the rate grows and nothing else changes\n${limits(plan)}`,
    ...plan.remedies.map(problem),
    'Measured: the costs (npm run plan -- --costs shows them). Computed from them: all of the above.',
  ].join('\n\n');
}

export function describe({ rate, targets, zipf, processes, lingerMs, intervalMs }: Workload): string {
  const unequal = zipf === 0 ? 'all alike' : `Zipf, exponent ${zipf}`;
  return (
    `${amount(rate)} increments/s of ${amount(targets)} targets (${unequal}) in ${count(processes)} processes,\n` +
    `lingerMs ${amount(lingerMs)}, a round of the workers every ${seconds(intervalMs / 1000)}`
  );
}

/** All that was measured. */
export function costTable(): string {
  const rows = Object.values(MEASURED).map(({ what, value, unit, command }) => [
    what,
    amount(value),
    unit,
    command,
  ]);
  return `${MACHINE}\n\n${columns(rows)}`;
}

function section(title: string, rows: readonly Row[]): string {
  return `${title}\n${columns(rows.map(([name, figure, note]) => [name.padEnd(NAME), figure.padEnd(FIGURE), note]))}`;
}

const NAME = 24;
const FIGURE = 14;

function setUp({ layout }: Plan): Row[] {
  const kind = layout.nodes === 1 ? 'one master will do' : 'masters of a Cluster';
  return [
    ['Redis nodes', count(layout.nodes), kind],
    ['partitions', count(layout.partitions), ''],
    ['workers', count(layout.workers), `each works on ${CONCURRENCY} partitions at a time`],
  ];
}

function counting({ load: { process } }: Plan): Row[] {
  return [
    ['increments', `${amount(process.incrementsPerSecond)}/s`, ''],
    [
      'flushes',
      `${amount(process.perSecond)}/s`,
      `of ${amount(process.increments)} increments, ${amount(process.targets)} targets, ${amount(process.writes)} writes`,
    ],
    [
      'merged in the process',
      `${amount(process.increments / process.targets)} : 1`,
      'increments a target that is written',
    ],
    ['CPU', percent(process.cpu), 'of a core'],
  ];
}

function redis({ workload, load: { redis, backlog, out } }: Plan): Row[] {
  return [
    ['packets', `${amount(redis.packetsPerSecond)}/s`, ''],
    ['writes', `${amount(redis.writesPerSecond)}/s`, ''],
    ['targets in', `${amount(redis.targetsPerSecond)}/s`, ''],
    [
      'merged in Redis',
      `${amount(redis.targetsPerSecond / out.rowsPerSecond)} : 1`,
      'targets that are written a row',
    ],
    ['CPU, all nodes', `${amount(redis.cpu)} cores`, ''],
    [
      'CPU, busiest node',
      percent(redis.busiestNodeCpu),
      `of a core; ${percent(workload.free)} are to be left free`,
    ],
    ['… by the hottest target', percent(redis.hottestTargetCpu), 'of a core, which no partition divides'],
    [
      `backlog of ${seconds(workload.outage)}`,
      bytes(backlog.bytes),
      `${amount(backlog.targets)} targets; ${bytes(backlog.busiestNodeBytes)} on the busiest node`,
    ],
  ];
}

function out({ workload, load: { out } }: Plan): Row[] {
  return [
    ['rows', `${amount(out.rowsPerSecond)}/s`, `of ${amount(workload.dbRows)} that the database takes`],
    ['transactions', `${amount(out.batchesPerSecond)}/s`, `of up to ${amount(workload.batchSize)} rows`],
    [
      'batches under way',
      amount(out.batchesAtATime),
      `if a full one takes ${seconds(workload.batchMs / 1000)}`,
    ],
    ['CPU of all workers', `${amount(out.workerCpu)} cores`, ''],
    ['merged, in all', `${amount(workload.rate / out.rowsPerSecond)} : 1`, 'increments a row'],
  ];
}

function limits({ workload, limits }: Plan): string {
  const fullAt = ({ fullAt }: Limit): string =>
    fullAt === undefined
      ? 'at no rate'
      : `at ${amount(fullAt)}/s`.concat(`, ${amount(fullAt / workload.rate)} ×`);
  return columns(
    limits.map((each) => [
      LIMITS[each.limit].padEnd(32),
      percent(each.use).padStart(8),
      `full ${fullAt(each)}`,
    ]),
  );
}

function problem({ limit, raise }: Remedy): string {
  const help = raise
    ? `${raise.option} ${amount(raise.to)} would do`
    : 'no other value of one option would do';
  return `! Too much for this plan: ${LIMITS[limit]}; ${help}.`;
}
