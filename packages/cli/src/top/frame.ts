import type { PartitionStats } from '@sluice/core';
import { columnsOf, summary } from '../commands/status.js';
import { amount } from '../format/amount.js';
import { duration } from '../format/duration.js';
import { sparkline } from '../format/sparkline.js';
import { type Column, table } from '../format/table.js';
import type { Session } from '../session.js';
import type { Look } from './look.js';
import { changeASecond, type Read, risingASecond } from './rate.js';

/** The picture of the latest look, which is the first of these: totals over time, then the partitions in need first. */
export function frame(session: Session, looks: readonly [Look, ...Look[]], interval: number): string {
  const [{ at, stats }] = looks;
  const { colors } = session;
  const time = new Date(at).toISOString().slice(11, 19);
  const [partition, ...others] = columnsOf(stats, session);
  const columns = [...(partition === undefined ? [] : [partition]), ...flowColumns(looks), ...others];
  return [
    `${colors.bold('sluice top')}  ${time} UTC, every ${interval} s. Ctrl-C ends it.`,
    summary(stats),
    '',
    table(LINES, [
      ...FLOWS.map((flow) => flowLine(flow, looks)),
      ...GAUGES.map((gauge) => gaugeLine(gauge, looks)),
    ]),
    '',
    ...(stats.partitions.length === 0 ? [] : [table(columns, inNeedFirst(stats.partitions), session.width)]),
  ].join('\n');
}

/** A counter of a partition, or of all of them, that only rises. */
interface Flow {
  readonly name: string;
  readonly count: (counts: Counts) => number;
}

type Counts = Pick<PartitionStats, 'pending' | 'added' | 'taken'>;

const FLOWS: readonly Flow[] = [
  { name: 'in/s', count: ({ added }) => added },
  { name: 'out/s', count: ({ taken }) => taken },
];

interface Gauge {
  readonly name: string;
  readonly read: Read;
  readonly text: (value: number) => string;
  /** Whether its change a second says something. */
  readonly hasRate: boolean;
}

const GAUGES: readonly Gauge[] = [
  { name: 'pending', read: ({ stats }) => stats.pending, text: amount, hasRate: true },
  { name: 'in flight', read: ({ stats }) => stats.claimed, text: amount, hasRate: false },
  { name: 'oldest', read: ({ stats }) => stats.oldestPendingMs, text: duration, hasRate: false },
  { name: 'dead', read: ({ stats }) => stats.dead, text: amount, hasRate: true },
];

type Line = readonly [name: string, value: string, rate: string, spark: string];

const LINES = [
  { title: '', cell: ([name]: Line) => name },
  { title: 'now', align: 'right' as const, cell: ([, value]: Line) => value },
  { title: 'change', align: 'right' as const, cell: ([, , rate]: Line) => rate },
  { title: 'so far', cell: ([, , , spark]: Line) => spark },
];

function gaugeLine({ name, read, text, hasRate }: Gauge, looks: readonly [Look, ...Look[]]): Line {
  const values = looks.map(read).reverse();
  return [name, text(read(looks[0])), hasRate ? changeText(looks, read) : '', sparkline(values)];
}

function flowLine({ name, count }: Flow, looks: readonly Look[]): Line {
  const rates = looks.map((_, i) => risingASecond(looks.slice(i), ({ stats }) => count(stats))).reverse();
  return [name, rateText(rates.at(-1)), '', sparkline(rates)];
}

function flowColumns(looks: readonly Look[]): Column<PartitionStats>[] {
  const flows = FLOWS.map(({ name, count }) => ({
    title: name,
    align: 'right' as const,
    cell: ({ partition }: PartitionStats) => rateText(risingASecond(looks, of(partition, count))),
  }));
  const change = ({ partition }: PartitionStats) =>
    changeText(
      looks,
      of(partition, ({ pending }) => pending),
    );
  return [...flows, { title: 'change', align: 'right', cell: change }];
}

function rateText(rate: number | undefined): string {
  if (rate === undefined) return '–';
  return rate < 10 ? String(Number(rate.toFixed(1))) : amount(rate);
}

function changeText(looks: readonly Look[], read: Read): string {
  const rate = changeASecond(looks, read);
  if (rate === undefined) return '';
  const rounded = Math.round(rate);
  return `${rounded > 0 ? '+' : ''}${amount(rounded)}/s`;
}

/** A count of one partition, which begins at 0. */
function of(partition: number, count: Flow['count']): Read {
  return ({ stats }) => {
    const counts = stats.partitions.find((each) => each.partition === partition);
    return counts === undefined ? 0 : count(counts);
  };
}

function inNeedFirst(partitions: readonly PartitionStats[]): PartitionStats[] {
  const failing = ({ batch }: PartitionStats): number => batch?.failingForMs ?? 0;
  return [...partitions].sort((a, b) => failing(b) - failing(a) || b.oldestPendingMs - a.oldestPendingMs);
}
