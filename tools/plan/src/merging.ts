import type { Costs } from './costs.js';
import { amount, columns, count } from './format.js';
import { type Load, loadOf } from './load.js';
import type { Plan } from './plan.js';
import { describe } from './report.js';

const EXPONENTS = [0, 0.5, 0.8, 1, 1.2, 1.5];
const LINGER_MS = [0, 10, 100, 1000, 10_000];

/** How the answer changes with the inequality of targets and with lingering, in the layout of a plan. */
export function merging({ workload, layout }: Plan, costs: Costs): string {
  const table = (figure: (load: Load) => number): string =>
    columns(
      [
        ['exponent', ...LINGER_MS.map((ms) => `${amount(ms)} ms`)],
        ...EXPONENTS.map((zipf) => [
          zipf === 0 ? '0 (all alike)' : `${zipf}`,
          ...LINGER_MS.map((lingerMs) =>
            amount(figure(loadOf({ ...workload, zipf, lingerMs }, layout, costs))),
          ),
        ]),
      ],
      true,
    );
  return [
    `${describe(workload)};\n${count(layout.partitions)} partitions, ${count(layout.nodes)} nodes. Below, by exponent and lingerMs:`,
    `Increments a target that is written\n${table(({ process }) => process.increments / process.targets)}`,
    `Cores of Redis, all nodes\n${table(({ redis }) => redis.cpu)}`,
    `Per cent of a core, each counting process\n${table(({ process }) => 100 * process.cpu)}`,
    `Rows a second\n${table(({ out }) => out.rowsPerSecond)}`,
  ].join('\n\n');
}
