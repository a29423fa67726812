import type { Rule } from '@sluice/core';
import type { Model } from './model.js';

/** What a statement does to a column. */
export interface Field {
  readonly column: string;
  readonly rule: 'sum' | Rule;
}

/** The columns of a statement: those that pick the row, and those that it changes, in the order of their names. */
export interface Layout {
  /** The table and the key columns as text. */
  readonly place: string;
  /** All that statements say, as text: entries of several models may share it. */
  readonly name: string;
  readonly model: Model;
  readonly keys: readonly string[];
  readonly fields: readonly Field[];
}
