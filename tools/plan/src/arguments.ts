import { parseArgs } from 'node:util';
import { MEASURED } from './costs.js';
import { count } from './format.js';
import type { Given } from './layout.js';
import type { Workload } from './workload.js';

export const HELP = `npm run plan -- --rate <increments/s> --targets <number> [options]

Works out partitions, Redis nodes and workers, and what is full first, from costs that the benchmark measured.

  --rate <number>           increments a second, of all processes: 1e6
  --targets <number>        different targets that are counted
  --processes <number>      processes that count (default: one for each 20,000 increments a second, at least 2)
  --zipf <exponent>         how unequal targets are (default 1; 0: all alike)
  --linger-ms <number>      lingerMs of the processes (default 10)
  --max-targets <number>    maxTargets of the processes (default 100,000)
  --round-trip-ms <number>  to Redis and back (default 0.5)
  --interval-ms <number>    intervalMs of the workers (default 1000)
  --batch-size <number>     batchSize (default 1000)
  --batch-ms <number>       what the sink takes for a full batch (default 40)
  --db-rows <number>        rows a second that the database takes (default ${MEASURED.databaseRows.value})
  --key-bytes <number>      length of a target key: ["Page","path","/docs"] has 22 (default 30)
  --outage <seconds>        how long the database, or all workers, may be away (default 3600)
  --node-memory <GB>        of a Redis node, for the backlog (default 16)
  --free <share>            of a Redis node's CPU, to be left free (default 0.4)
  --partitions <number>     instead of those worked out
  --nodes <number>          Redis masters, instead of those worked out
  --merging                 shows how lingerMs and --zipf change the answer, instead of the plan
  --costs                   shows what was measured, on which machine, by which command
  --json                    everything, to be read by programs
  --help`;

export type Arguments =
  | { readonly show: 'costs' }
  | { readonly show: 'plan' | 'merging' | 'json'; readonly workload: Workload; readonly given: Given };

interface Range {
  readonly least: number;
  readonly most: number;
  readonly whole?: boolean;
}

const AMOUNT: Range = { least: 1, most: 1e12 };
const COUNT: Range = { ...AMOUNT, whole: true };
const MS: Range = { least: 0, most: 86_400_000 };

const NUMBERS = {
  rate: AMOUNT,
  targets: COUNT,
  processes: { ...COUNT, most: 1e6 },
  zipf: { least: 0, most: 5 },
  'linger-ms': MS,
  'max-targets': COUNT,
  'round-trip-ms': { ...MS, least: 0.01 },
  'interval-ms': { ...MS, least: 1 },
  'batch-size': { ...COUNT, most: 10_000 },
  'batch-ms': { ...MS, least: 0.01 },
  'db-rows': AMOUNT,
  'key-bytes': { ...COUNT, most: 4096 },
  outage: { least: 0, most: 31_536_000 },
  'node-memory': { least: 0.001, most: 100_000 },
  free: { least: 0, most: 0.99 },
  partitions: { ...COUNT, most: 4096 },
  nodes: { ...COUNT, most: 1000 },
} satisfies Readonly<Record<string, Range>>;

type NumberName = keyof typeof NUMBERS;

const PROCESS_RATE = 20_000;

/**
 * What to show; `undefined` for the help.
 * @throws Error that says what is wrong with the arguments
 */
export function parse(args: readonly string[]): Arguments | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean' },
      costs: { type: 'boolean' },
      merging: { type: 'boolean' },
      json: { type: 'boolean' },
      ...texts(),
    },
  });
  if (values.help) return undefined;
  if (values.costs) return { show: 'costs' };
  if (values.merging && values.json) throw new Error('--merging and --json do not go together.');

  const given = (name: NumberName): number | undefined => numberOf(name, values[name]);
  const or = (name: NumberName, usual: number): number => given(name) ?? usual;
  const rate = required('rate', given('rate'));
  const workload: Workload = {
    rate,
    targets: required('targets', given('targets')),
    processes: or('processes', Math.max(2, Math.ceil(rate / PROCESS_RATE))),
    zipf: or('zipf', 1),
    lingerMs: or('linger-ms', 10),
    maxTargets: or('max-targets', 100_000),
    roundTripMs: or('round-trip-ms', 0.5),
    intervalMs: or('interval-ms', 1000),
    batchSize: or('batch-size', 1000),
    batchMs: or('batch-ms', 40),
    dbRows: or('db-rows', MEASURED.databaseRows.value),
    keyBytes: or('key-bytes', 30),
    outage: or('outage', 3600),
    nodeMemory: or('node-memory', 16),
    free: or('free', 0.4),
  };
  const partitions = given('partitions');
  const nodes = given('nodes');
  return {
    show: values.json ? 'json' : values.merging ? 'merging' : 'plan',
    workload,
    given: { ...(partitions !== undefined && { partitions }), ...(nodes !== undefined && { nodes }) },
  };
}

function texts(): Record<NumberName, { readonly type: 'string' }> {
  const names = Object.keys(NUMBERS) as NumberName[];
  return Object.fromEntries(names.map((name) => [name, { type: 'string' }])) as ReturnType<typeof texts>;
}

function required(name: NumberName, value: number | undefined): number {
  if (value === undefined) throw new Error(`--${name} is missing.`);
  return value;
}

function numberOf(name: NumberName, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const { least, most, whole = false }: Range = NUMBERS[name];
  const value = /\d/.test(text) ? Number(text.replaceAll(/(?<=\d)[_,](?=\d)/g, '')) : Number.NaN;
  if (!(value >= least && value <= most) || (whole && !Number.isInteger(value)))
    throw new Error(
      `--${name} takes a ${whole ? 'whole ' : ''}number from ${count(least)} to ${count(most)}, not "${text}".`,
    );
  return value;
}
