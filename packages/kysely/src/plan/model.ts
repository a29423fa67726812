import type { Sent } from '../dialects/values.js';

/** A model's table, and its columns by the name that increments use; `undefined` where any name will do. */
export interface Model {
  readonly name: string;
  readonly table: readonly string[];
  readonly mode: 'upsert' | 'update';
  readonly keys: ReadonlyMap<string, string> | undefined;
  readonly columns: ReadonlyMap<string, SumColumn> | undefined;
  readonly extra: ReadonlyMap<string, string> | undefined;
  /** Values by column. */
  readonly onInsert: ReadonlyMap<string, Sent>;
}

/** A column that sums are added to. */
export interface SumColumn {
  readonly column: string;
  /** How many digits after the point it has: an increment of 1 adds 10^-scale. */
  readonly scale: number;
  /** What it never falls below, as a decimal of this scale; `undefined` where there is no floor. */
  readonly min: string | undefined;
}

/** A column of whole numbers without a floor. */
export function plainSum(column: string): SumColumn {
  return { column, scale: 0, min: undefined };
}
