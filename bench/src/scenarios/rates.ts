import type { Samples } from '../alternate.js';
import { type FleetFigures, fleet } from '../fleet.js';
import { formatNumber } from '../format.js';
import { compare, each, type Goal, type Line, type RowName } from '../lines.js';
import type { CountingOptions } from '../measurements/load.js';
import type { Bench, Details, Outcome, Scenario } from '../scenario.js';
import { ratioOf, spreadOf } from '../statistics.js';

const PEERS = { hincrby: 'awaited HINCRBY', autopipelining: 'auto-pipelined HINCRBY' } as const;

// What the load itself takes. It is not subtracted: a process that is busy is woken less often for it.
const ARRIVALS = 'nothing, arrivals alone';

const OPTIONS = {
  'Sluice, default': {},
  'lingerMs 0': { lingerMs: 0 },
  'lingerMs 5': { lingerMs: 5 },
  'lingerMs 50': { lingerMs: 50 },
  '1 partition': { partitions: 1 },
  '8 partitions': { partitions: 8 },
  '64 partitions': { partitions: 64 },
} satisfies Record<string, CountingOptions>;

// Of Redis's CPU, beside awaited HINCRBY, by increments a second of a process.
const GOALS: Readonly<Record<'rates' | 'fleet', Readonly<Record<number, number>>>> = {
  rates: { 1000: 0.7, 5000: 0.7, 20000: 0.3 },
  fleet: { 50: 1.5, 400: 1 },
};
const GOAL_OF_MANY_PARTITIONS: Goal = { atMost: 1.3 };

/** What light and steady counting takes: one process, each increment awaited. */
export const rates: Scenario = scenario('rates', (bench) => ({
  processes: 1,
  each: bench.sizes.rates.single,
}));

/** The same from many processes that each count little. */
export const fleetOfMany: Scenario = scenario('fleet', ({ sizes: { rates } }) => ({
  processes: rates.processes,
  each: rates.fleet,
}));

interface Traffic {
  readonly processes: number;
  /** Increments a second of a process. */
  readonly each: readonly number[];
}

function scenario(row: 'rates' | 'fleet', trafficOf: (bench: Bench) => Traffic): Scenario {
  return {
    name: row,
    rows: [row],
    async run(bench) {
      const { processes, each: perProcess } = trafficOf(bench);
      const lines: Line[] = [];
      const details: Details[] = [];
      const all: Record<string, readonly FleetFigures[]> = {};
      for (const perSecond of perProcess) {
        const workload = workloadOf(processes, perSecond);
        const samples = await bench.alternate(contestants(bench, processes, perSecond, workload));
        const of = (name: string) => samples[`${name}, ${workload}`] ?? [];
        lines.push(...linesOf(row, workload, perSecond, of));
        details.push(detailsOf(workload, of));
        Object.assign(all, samples);
      }
      return { lines, details, samples: all } satisfies Outcome;
    },
  };
}

type RateSamples = (name: string) => Samples<Record<string, () => Promise<FleetFigures>>>[string];

function contestants(
  { redisPort, sizes, measure }: Bench,
  processes: number,
  perSecond: number,
  workload: string,
) {
  const { idleSeconds, warmUpSeconds, seconds } = sizes.rates;
  const settings = { redisPort, processes, perSecond, idleSeconds, warmUpSeconds, seconds };
  const load =
    (counter: 'nothing' | 'hincrby' | 'autopipelining' | 'sluice', options: CountingOptions = {}) =>
    () =>
      fleet(measure, { ...settings, counter, options });
  const all = {
    [ARRIVALS]: load('nothing'),
    [PEERS.hincrby]: load('hincrby'),
    [PEERS.autopipelining]: load('autopipelining'),
    ...Object.fromEntries(Object.entries(OPTIONS).map(([name, options]) => [name, load('sluice', options)])),
  };
  return Object.fromEntries(Object.entries(all).map(([name, run]) => [`${name}, ${workload}`, run]));
}

function workloadOf(processes: number, perSecond: number): string {
  const rate = `${formatNumber(perSecond)} a second`;
  return processes === 1 ? rate : `${processes} processes of ${rate}`;
}

function linesOf(
  row: RowName & ('rates' | 'fleet'),
  workload: string,
  perSecond: number,
  of: RateSamples,
): Line[] {
  const unit = 'µs an increment';
  const goal = GOALS[row][perSecond];
  const sluice = each(of('Sluice, default'), 'redisMicros');
  const what = { row, workload: `Redis CPU, ${workload}`, unit, sluice } as const;
  return [
    compare(
      { ...what, ...(goal && { goal: { atMost: goal } }) },
      PEERS.hincrby,
      each(of(PEERS.hincrby), 'redisMicros'),
    ),
    compare(what, PEERS.autopipelining, each(of(PEERS.autopipelining), 'redisMicros')),
    compare(
      {
        ...what,
        workload: `Redis CPU, 64 partitions, ${workload}`,
        sluice: each(of('64 partitions'), 'redisMicros'),
        goal: GOAL_OF_MANY_PARTITIONS,
      },
      'Sluice, 1 partition',
      each(of('1 partition'), 'redisMicros'),
    ),
  ];
}

function detailsOf(workload: string, of: RateSamples): Details {
  const hincrby = each(of(PEERS.hincrby), 'redisMicros');
  const row = (name: string): string[] => {
    const samples = of(name);
    const median = (figure: keyof FleetFigures): string =>
      formatNumber(spreadOf(each(samples, figure)).median);
    return [
      name,
      median('redisMicros'),
      `${formatNumber(100 * spreadOf(each(samples, 'redisShare')).median)} %`,
      `${formatNumber(ratioOf(each(samples, 'redisMicros'), hincrby).median)} ×`,
      median('requestsPerSecond'),
      median('commandsPerSecond'),
      median('clientMicros'),
      median('p50'),
      median('p99'),
      median('perSecond'),
    ];
  };
  return {
    title: `Awaited increments, ${workload}:`,
    table: [
      [
        'contestant',
        'Redis, µs an increment',
        'of a core',
        'of HINCRBY',
        'requests/s',
        'commands/s',
        'client, µs an increment',
        'p50, ms',
        'p99, ms',
        'acknowledged/s',
      ],
      ...[ARRIVALS, ...Object.values(PEERS), ...Object.keys(OPTIONS)].map(row),
    ],
  };
}
