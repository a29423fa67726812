import type { BackendMethod } from '@sluice/core/backend';
import { formatNumber } from '../format.js';
import { alone, type Line } from '../lines.js';
import type { ShapeFigures } from '../measurements/shape.js';
import type { Details, Scenario } from '../scenario.js';
import { SHAPES, type Shape, type ShapeName } from '../shapes.js';
import { spreadOf } from '../statistics.js';

const NAMES = Object.keys(SHAPES) as ShapeName[];
const SCRIPTS: readonly BackendMethod[] = [
  'join',
  'add',
  'claim',
  'ack',
  'ackAndClaim',
  'bury',
  'read',
  'stats',
  'deadLetters',
  'redrive',
];

type Samples = Readonly<Record<string, readonly ShapeFigures[]>>;

/** How long scripts keep Redis busy, whatever entries look like. */
export const shapes: Scenario = {
  name: 'shapes',
  rows: ['blocking'],
  async run({ sizes, redisPort, measure, alternate }) {
    const targets = sizes.shapes;
    const contestants = NAMES.map((shape) => [shape, () => measure('shape', { redisPort, shape, targets })]);
    const samples: Samples = await alternate(Object.fromEntries(contestants));
    return { lines: NAMES.map((name) => lineOf(name, samples)), details: [detailsOf(samples)], samples };
  },
};

function lineOf(name: ShapeName, samples: Samples): Line {
  const { batchSize }: Shape = SHAPES[name];
  return alone({
    row: 'blocking',
    workload: `${name}: the slowest script, 99th percentile`,
    unit: 'ms',
    sluice: (samples[name] ?? []).map((figures) =>
      Math.max(...SCRIPTS.map((script) => figures[`${script} p99Ms`])),
    ),
    // Who asks for larger batches asks for longer scripts.
    ...(batchSize === undefined && { goal: { atMost: 3 } }),
  });
}

function detailsOf(samples: Samples): Details {
  const cell = (name: ShapeName, script: BackendMethod): string => {
    const median = (figure: 'p99Ms' | 'longestMs'): string =>
      formatNumber(spreadOf((samples[name] ?? []).map((figures) => figures[`${script} ${figure}`])).median);
    return `${median('p99Ms')} (${median('longestMs')})`;
  };
  return {
    title: 'Milliseconds for which a script keeps Redis busy, 99th percentile (and longest):',
    table: [
      ['entries', ...SCRIPTS],
      ...NAMES.map((name) => [name, ...SCRIPTS.map((script) => cell(name, script))]),
    ],
  };
}
