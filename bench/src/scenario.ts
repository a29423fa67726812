import type { TopLevelSpec } from 'vega-lite';
import type { Contestants, Figures, Samples } from './alternate.js';
import type { Line, RowName } from './lines.js';
import type { Measure } from './measure.js';
import type { Sizes } from './sizes.js';

/** What a scenario runs on. */
export interface Bench {
  readonly sizes: Sizes;
  readonly rounds: number;
  readonly redisPort: number;
  /** Starts PostgreSQL when it is asked for. */
  postgresUrl(): Promise<string>;
  readonly measure: Measure;
  /** Measures the contestants in alternation. */
  alternate<C extends Contestants>(contestants: C, rounds?: number): Promise<Samples<C>>;
}

/** Contestants that do the same. */
export interface Scenario {
  readonly name: string;
  /** The rows of the table that it measures. */
  readonly rows: readonly RowName[];
  run(bench: Bench): Promise<Outcome>;
}

export interface Outcome {
  readonly lines: readonly Line[];
  /** Comparisons without a goal, for a separate table. */
  readonly alternatives?: readonly Line[];
  /** More than fits into a row. */
  readonly details?: readonly Details[];
  /** By the name of the file. */
  readonly plots?: Readonly<Record<string, TopLevelSpec>>;
  readonly samples: Readonly<Record<string, readonly Figures[]>>;
}

/** A further table: its header, and its rows. */
export interface Details {
  readonly title: string;
  readonly table: readonly (readonly string[])[];
}
