import type { Rule } from '@sluice/core';
import type { Layout } from './layout.js';

/** Where the values of an entry go: a filter to each key, and a source to each field. */
export interface Mapping {
  readonly layout: Layout;
  readonly filters: readonly string[];
  readonly sources: readonly Source[];
}

/** Where the value of a field comes from: columns of an entry, which are added up, or extra values, of which one stays. */
export type Source =
  | { readonly part: 'extra'; readonly names: readonly string[]; readonly rule: Rule }
  | { readonly part: 'columns'; readonly names: readonly string[]; readonly scale: number }
  | Companions;

/** Values that came with extras of `max` or `min` for one column: the one stays whose extra wins. */
export interface Companions {
  readonly part: 'companions';
  readonly rule: 'max' | 'min';
  readonly from: readonly Companion[];
}

/** The name of a value, and that of the extra that it came with. */
export interface Companion {
  readonly name: string;
  readonly of: string;
}
