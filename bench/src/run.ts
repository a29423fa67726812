import { alternate, type Figures } from './alternate.js';
import { formatNumber } from './format.js';
import type { RowName } from './lines.js';
import { inspectMachine, type Machine } from './machine.js';
import type { Measure } from './measure.js';
import type { Outcome } from './scenario.js';
import { SCENARIOS } from './scenarios/index.js';
import { Servers } from './servers.js';
import type { Sizes } from './sizes.js';

export interface RunOptions {
  readonly sizes: Sizes;
  readonly rounds: number;
  /** Only the scenarios that yield these rows; all if there are none. */
  readonly rows: readonly RowName[];
  readonly measure: Measure;
  readonly onProgress: (line: string) => void;
}

export interface Results {
  readonly machine: Machine;
  readonly rounds: number;
  readonly sizes: Sizes;
  readonly outcomes: readonly (Outcome & { readonly scenario: string })[];
}

/** Runs the scenarios on servers that it starts. */
export async function runScenarios({
  sizes,
  rounds,
  rows,
  measure,
  onProgress,
}: RunOptions): Promise<Results> {
  const chosen = SCENARIOS.filter(
    (scenario) => rows.length === 0 || rows.some((row) => scenario.rows.includes(row)),
  );
  await using servers = await Servers.start();
  const outcomes: Results['outcomes'][number][] = [];
  for (const { name, run } of chosen) {
    const outcome = await run({
      sizes,
      rounds,
      redisPort: servers.redisPort,
      postgresUrl: () => servers.postgresUrl(),
      measure,
      alternate: (contestants, times = rounds) =>
        alternate(contestants, times, (contestant, round, figures) =>
          onProgress(`${name}  ${round}/${times}  ${contestant}: ${describe(figures)}`),
        ),
    });
    outcomes.push({ scenario: name, ...outcome });
  }
  return { machine: await inspectMachine(servers.redisPort), rounds, sizes, outcomes };
}

function describe(figures: Figures): string {
  return Object.entries(figures)
    .map(([name, value]) => `${name} ${formatNumber(value)}`)
    .join(', ');
}
