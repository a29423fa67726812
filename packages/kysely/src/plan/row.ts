import type { Sent } from '../dialects/values.js';
import type { Layout } from './layout.js';

/** An entry in terms of its table: one value for each key, then one for each field. */
export interface Row {
  /** The entry's index in its batch. */
  readonly index: number;
  readonly layout: Layout;
  /** Its table, its key columns and which of them are NULL, as text. */
  readonly place: string;
  /** Differs between rows: `1` and `'1'` are the same to a column of either type. */
  readonly key: string;
  readonly keyValues: readonly Sent[];
  readonly values: readonly Sent[];
  /** If any field is a companion: the values that they came with, at the fields' places. */
  readonly cameWith: readonly (Sent | undefined)[];
}
