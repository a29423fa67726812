import type { Rule } from '@sluice/core';
import type { Model, SumColumn } from './model.js';

/** What a statement does to a column. */
export type Field =
  | ({ readonly rule: 'sum' } & SumColumn)
  | { readonly rule: Rule; readonly column: string }
  | CompanionField;

/** A column that changes when the value that it came with wins in another one. */
export interface CompanionField {
  readonly rule: 'companion';
  readonly column: string;
  readonly of: { readonly column: string; readonly rule: 'max' | 'min' };
}

/** What fields may be. */
export type FieldRule = Field['rule'];

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
