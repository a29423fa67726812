import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { formatNumber } from './format.js';
import type { Spread } from './statistics.js';

const WIDTH = 560;
const CONFIG: NonNullable<TopLevelSpec['config']> = {
  background: 'white',
  font: 'sans-serif',
  padding: 12,
  axis: { labelFontSize: 12, titleFontSize: 12, titleFontWeight: 'normal', labelLimit: 400 },
  legend: { labelFontSize: 12, labelLimit: 400, title: null, orient: 'top' },
  text: { fontSize: 12 },
  title: { fontSize: 14, anchor: 'start', offset: 12 },
  view: { stroke: null },
};
const SLUICE = '#1f6feb';
const OTHERS = '#8c959f';
const COLOURS = [SLUICE, OTHERS];

type Bar = Spread & { readonly name: string };

/** A bar for each contestant; Sluice's stand out. */
export function bars(plot: {
  readonly title: string;
  readonly unit: string;
  readonly bars: readonly Bar[];
}): TopLevelSpec {
  // Bars on a logarithmic axis begin somewhere: a power of ten below the shortest.
  const from = 10 ** Math.floor(Math.log10(Math.min(...plot.bars.map(({ min }) => min))) - 0.3);
  const scale = { type: 'log', domainMin: from, nice: false } as const;
  return {
    title: plot.title,
    width: WIDTH,
    height: { step: 34 },
    data: { values: plot.bars.map((bar) => ({ ...bar, from, label: formatNumber(bar.median) })) },
    encoding: {
      y: { field: 'name', type: 'nominal', sort: null, axis: { title: null, ticks: false, labelLimit: 400 } },
    },
    layer: [
      {
        mark: { type: 'bar', height: 20 },
        encoding: {
          x: {
            field: 'from',
            type: 'quantitative',
            scale,
            axis: { title: `${plot.unit} (logarithmic)`, format: ',~f' },
          },
          x2: { field: 'median' },
          color: {
            condition: { test: "indexof(datum.name, 'Sluice') >= 0", value: SLUICE },
            value: OTHERS,
          },
        },
      },
      {
        mark: { type: 'text', align: 'left', dx: 6 },
        encoding: {
          x: { field: 'median', type: 'quantitative', scale },
          text: { field: 'label' },
        },
      },
    ],
    config: CONFIG,
  };
}

type Point = Spread & { readonly series: string; readonly x: number };

/** A line for each series, with the rounds' spread, and maybe a level to compare with. */
export function curve(plot: {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly points: readonly Point[];
  readonly level?: { readonly name: string; readonly y: number };
}): TopLevelSpec {
  const ticks = [...new Set(plot.points.map((point) => point.x))];
  const x = {
    field: 'x',
    type: 'quantitative' as const,
    // Like a logarithm, but it has a zero.
    scale: { type: 'symlog' as const, nice: false },
    axis: { title: plot.x, values: ticks, format: ',~f' },
  };
  const y = (field: string) => ({
    field,
    type: 'quantitative' as const,
    scale: { zero: true },
    axis: { title: plot.y, format: ',~f' },
  });
  const color = {
    field: 'series',
    type: 'nominal' as const,
    sort: null,
    scale: { range: COLOURS },
  };
  const levels = plot.level ? [{ series: plot.level.name, level: plot.level.y }] : [];
  return {
    title: plot.title,
    width: WIDTH,
    height: 280,
    data: { values: [...plot.points] },
    layer: [
      { mark: { type: 'line', point: true }, encoding: { x, y: y('median'), color } },
      { mark: { type: 'rule' }, encoding: { x, y: y('min'), y2: { field: 'max' }, color } },
      {
        data: { values: levels },
        mark: { type: 'rule', strokeDash: [6, 4] },
        encoding: { y: y('level'), color },
      },
    ],
    config: CONFIG,
  };
}

/** A group of bars for each name, one for each series. */
export function groupedBars(plot: {
  readonly title: string;
  readonly unit: string;
  readonly bars: readonly (Bar & { readonly series: string })[];
}): TopLevelSpec {
  const x = { field: 'name', type: 'nominal', sort: null, axis: { title: null, labelAngle: 0 } } as const;
  const xOffset = { field: 'series', sort: null } as const;
  return {
    title: plot.title,
    width: WIDTH,
    height: 280,
    data: { values: plot.bars.map((bar) => ({ ...bar, label: formatNumber(bar.median) })) },
    layer: [
      {
        mark: { type: 'bar' },
        encoding: {
          x,
          xOffset,
          y: { field: 'median', type: 'quantitative', axis: { title: plot.unit } },
          color: {
            field: 'series',
            sort: null,
            scale: { range: COLOURS },
          },
        },
      },
      {
        mark: { type: 'text', baseline: 'bottom', dy: -3 },
        encoding: {
          x,
          xOffset,
          y: { field: 'median', type: 'quantitative' },
          text: { field: 'label' },
        },
      },
    ],
    config: CONFIG,
  };
}

/** Draws a plot as SVG. */
export function draw(spec: TopLevelSpec): Promise<string> {
  return new View(parse(compile(spec).spec), { renderer: 'none' }).toSVG();
}
