import type { Figures } from '../alternate.js';
import { formatNumber } from '../format.js';
import { alone, compare, each, type Line } from '../lines.js';
import type { GrowFigures } from '../measurements/grow.js';
import type { ShrinkFigures } from '../measurements/shrink.js';
import { curve } from '../plots.js';
import type { Scenario } from '../scenario.js';
import { spreadOf } from '../statistics.js';

// Filling up takes long.
const MOST_ROUNDS = 3;

/** Whether a target costs more when many are pending. */
export const growth: Scenario = {
  name: 'growth',
  rows: ['growth'],
  async run({ sizes, rounds, redisPort, measure, alternate }) {
    const { backlogs, targets } = sizes.growth;
    const contestants = backlogs.map((backlog) => [
      nameOf(backlog),
      async () => {
        const grown = await measure('grow', { redisPort, backlog, targets });
        const shrunk = await measure('shrink', { redisPort, targets });
        return figuresOf(grown, shrunk);
      },
    ]);
    const samples: Readonly<Record<string, GrowthFigures[]>> = await alternate(
      Object.fromEntries(contestants),
      Math.min(rounds, MOST_ROUNDS),
    );
    const series = backlogs.map((backlog) => ({ backlog, figures: samples[nameOf(backlog)] ?? [] }));
    return {
      lines: linesOf(series, targets),
      plots: { growth: plot(series) },
      samples,
    };
  },
};

interface Series {
  readonly backlog: number;
  readonly figures: readonly GrowthFigures[];
}

type GrowthFigures = ReturnType<typeof figuresOf>;

function figuresOf(grown: GrowFigures, shrunk: ShrinkFigures) {
  return {
    inMicros: grown.secondsPerTarget * 1e6,
    outMicros: shrunk.secondsPerTarget * 1e6,
    residentMegabytes: shrunk.residentBytes / 1e6,
    heapMegabytes: shrunk.heapBytes / 1e6,
  } satisfies Figures;
}

function nameOf(backlog: number): string {
  return `backlog ${formatNumber(backlog)}`;
}

function linesOf(series: readonly Series[], targets: number): Line[] {
  const [first, last] = [series[0], series.at(-1)];
  if (first === undefined || last === undefined) return [];
  const range = `${formatNumber(first.backlog)} to ${formatNumber(last.backlog)} pending`;
  const time = (direction: string, figure: 'inMicros' | 'outMicros'): Line =>
    alone({
      row: 'growth',
      workload: `${direction}, ${formatNumber(targets)} targets at ${range}: slowest by fastest`,
      unit: '×',
      sluice: [growthOf(series.map(({ figures }) => spreadOf(each(figures, figure)).median))],
      goal: { atMost: 1.25 },
    });
  const memory = (what: string, figure: 'residentMegabytes' | 'heapMegabytes'): Line =>
    compare(
      {
        row: 'growth',
        workload: `${what} of the worker at ${formatNumber(last.backlog)} pending`,
        unit: 'MB',
        sluice: each(last.figures, figure),
      },
      `Sluice at ${formatNumber(first.backlog)} pending`,
      each(first.figures, figure),
    );
  return [
    time('in', 'inMicros'),
    time('out', 'outMicros'),
    memory('memory', 'residentMegabytes'),
    memory('heap', 'heapMegabytes'),
  ];
}

function growthOf(medians: readonly number[]): number {
  return Math.max(...medians) / Math.min(...medians);
}

function plot(series: readonly Series[]) {
  const points = (name: string, figure: 'inMicros' | 'outMicros') =>
    series.map(({ backlog, figures }) => ({
      series: name,
      x: backlog,
      ...spreadOf(each(figures, figure)),
    }));
  return curve({
    title: 'What a target takes, by how many are pending',
    x: 'targets pending',
    y: 'µs per target',
    points: [...points('in', 'inMicros'), ...points('out', 'outMicros')],
  });
}
