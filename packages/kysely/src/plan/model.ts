import type { Sent } from '../dialects/values.js';

/** A model's table, and its columns by the name that increments use; `undefined` where any name will do. */
export interface Model {
  readonly name: string;
  readonly table: readonly string[];
  readonly mode: 'upsert' | 'update';
  readonly keys: ReadonlyMap<string, string> | undefined;
  readonly columns: ReadonlyMap<string, string> | undefined;
  readonly extra: ReadonlyMap<string, string> | undefined;
  /** Values by column. */
  readonly onInsert: ReadonlyMap<string, Sent>;
}
