import uPlot from 'uplot';
import type { Point } from '../wire.js';
import { byId, el } from './dom.js';
import { compact, count, duration, shortDuration, timeOf } from './format.js';

const MOST_POINTS = 900;
const HEIGHT = 120;

/** What one plot shows. */
interface Kind {
  readonly title: string;
  readonly color: string;
  readonly valueOf: (points: readonly Point[], index: number) => number | null;
  readonly full: (value: number) => string;
  readonly short: (value: number) => string;
  /** What the steps of the axis may be. */
  readonly steps: readonly number[];
  /** Whether it may be below zero. */
  readonly isSigned?: boolean;
}

const WHOLE = Array.from({ length: 12 }, (_, power) => [1, 2, 5].map((digit) => digit * 10 ** power)).flat();
const SECONDS = [1, 5, 15, 30, 60, 120, 300, 900, 1800, 3600, 7200, 21_600, 86_400, 604_800];
const TIMES = SECONDS.map((seconds) => seconds * 1000);

const KINDS: readonly Kind[] = [
  {
    title: 'Waiting targets',
    color: '--blue',
    valueOf: (points, index) => (points[index] === undefined ? 0 : heldAt(points[index])),
    full: count,
    short: compact,
    steps: WHOLE,
  },
  {
    title: 'In per second',
    color: '--teal',
    valueOf: (points, index) => risingAt(points, index, ([, , , , , added]) => added),
    full: countASecond,
    short: compact,
    steps: WHOLE,
  },
  {
    title: 'Out per second',
    color: '--teal',
    valueOf: (points, index) => risingAt(points, index, ([, , , , , , taken]) => taken),
    full: countASecond,
    short: compact,
    steps: WHOLE,
  },
  {
    title: 'Change per second',
    color: '--teal',
    valueOf: (points, index) => changeAt(points, index, heldAt),
    full: (value) => `${value > 0 ? '+' : ''}${count(Math.round(value))}`,
    short: compact,
    steps: WHOLE,
    isSigned: true,
  },
  {
    title: 'Oldest',
    color: '--amber',
    valueOf: (points, index) => points[index]?.[4] ?? 0,
    full: duration,
    short: shortDuration,
    steps: TIMES,
  },
  {
    title: 'Dead letters',
    color: '--red',
    valueOf: (points, index) => points[index]?.[3] ?? 0,
    full: count,
    short: compact,
    steps: WHOLE,
  },
];

/** What is pending or in a batch. */
function heldAt([, pending, claimed]: Point): number {
  return pending + claimed;
}

type Read = (point: Point) => number;

/** The change a second since the point before. */
function changeAt(points: readonly Point[], index: number, read: Read): number | null {
  const [before, now] = [points[index - 1], points[index]];
  if (before === undefined || now === undefined || now[0] <= before[0]) return null;
  return ((read(now) - read(before)) * 1000) / (now[0] - before[0]);
}

/** How fast a counter rises. It falls where data was erased or went back to an earlier state: then nothing is known. */
function risingAt(points: readonly Point[], index: number, read: Read): number | null {
  const change = changeAt(points, index, read);
  return change !== null && change < 0 ? null : change;
}

function countASecond(value: number): string {
  return `${value < 10 ? compact(value) : count(Math.round(value))}/s`;
}

/** The last minutes, a plot a kind. */
export class Plots {
  #points: Point[] = [];
  #plots: Plot[] = [];

  constructor() {
    this.#draw();
    // Canvases do not follow style sheets.
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#draw());
  }

  /** The time of the last point that is here. */
  get since(): number {
    return this.#points.at(-1)?.[0] ?? 0;
  }

  add(points: readonly Point[]): void {
    if (points.length === 0) return;
    this.#points = [...this.#points, ...points].slice(-MOST_POINTS);
    for (const plot of this.#plots) plot.show(this.#points);
  }

  #draw(): void {
    for (const plot of this.#plots) plot.destroy();
    this.#plots = KINDS.map((kind) => new Plot(kind));
    byId('plots').replaceChildren(...this.#plots.map(({ figure }) => figure));
    for (const plot of this.#plots) plot.show(this.#points);
  }
}

class Plot {
  readonly figure: HTMLElement;
  readonly #kind: Kind;
  readonly #value = el('span', { class: 'value' });
  readonly #canvas = el('div', { class: 'canvas', role: 'img' });
  readonly #plot: uPlot;
  readonly #observer: ResizeObserver;

  constructor(kind: Kind) {
    this.#kind = kind;
    this.figure = el(
      'figure',
      {},
      el('figcaption', {}, el('span', {}, kind.title), this.#value),
      this.#canvas,
    );
    this.#plot = new uPlot(this.#options(), [[], []], this.#canvas);
    this.#observer = new ResizeObserver(([entry]) => {
      if (entry !== undefined)
        this.#plot.setSize({ width: Math.floor(entry.contentRect.width), height: HEIGHT });
    });
    this.#observer.observe(this.#canvas);
  }

  show(points: readonly Point[]): void {
    const values = points.map((_, index) => this.#kind.valueOf(points, index));
    this.#plot.setData([points.map(([at]) => at / 1000), values]);
    this.#say();
  }

  destroy(): void {
    this.#observer.disconnect();
    this.#plot.destroy();
  }

  /** The value under the pointer, or else the last one. */
  #say(): void {
    const [times, values] = this.#plot.data;
    const pointed = this.#plot.cursor.idx;
    const value = values?.[pointed ?? values.length - 1];
    const text = value === undefined || value === null ? '–' : this.#kind.full(value);
    const at = pointed === undefined || pointed === null ? undefined : times?.[pointed];
    this.#value.textContent = at === undefined ? text : `${text} at ${timeOf(at * 1000)}`;
    this.#canvas.setAttribute('aria-label', `${this.#kind.title}: ${text}`);
  }

  #options(): uPlot.Options {
    const style = getComputedStyle(document.documentElement);
    const color = (name: string): string => style.getPropertyValue(name).trim();
    const axis = {
      stroke: color('--faint'),
      font: '11px system-ui, sans-serif',
      grid: { stroke: color('--line'), width: 1 },
      ticks: { show: false },
    };
    const { short, steps, isSigned } = this.#kind;
    return {
      width: 300,
      height: HEIGHT,
      padding: [8, 20, 0, 0],
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false } },
      scales: {
        y: { range: (_, least, most) => (isSigned ? aroundZero(least, most) : [0, Math.max(1, most * 1.1)]) },
      },
      axes: [
        {
          ...axis,
          size: 22,
          space: 70,
          values: (_, splits) => splits.map((at) => clockTime(at * 1000, splits)),
        },
        {
          ...axis,
          size: 52,
          space: 22,
          incrs: [...steps],
          values: (_, splits) => splits.map((value) => short(value)),
        },
      ],
      series: [
        {},
        {
          stroke: color(this.#kind.color),
          width: 1.5,
          fill: `${color(this.#kind.color)}22`,
          points: { show: false },
        },
      ],
      hooks: { setCursor: [() => this.#say()] },
    };
  }
}

/** With seconds only where they differ. */
function clockTime(at: number, splits: readonly number[]): string {
  const time = timeOf(at);
  return splits.every((split) => split % 60 === 0) ? time.slice(0, 5) : time;
}

function aroundZero(least: number, most: number): [number, number] {
  const [low, high] = [Math.min(0, least * 1.1), Math.max(0, most * 1.1)];
  return low === high ? [0, 1] : [low, high];
}
