import type { Entry, ExtraValue } from '@sluice/core';
import type { Dialect } from './dialect.js';
import type { Layout, Mapping } from './layout.js';
import { quote, unmapped } from './unmapped.js';
import { type Sent, sent, UnusableValue } from './values.js';

/** An entry in terms of its table: one value for each key, then one for each field. */
export interface Row {
  /** The entry's index in its batch. */
  readonly index: number;
  readonly layout: Layout;
  /** Differs between rows: `1` and `'1'` are the same to a column of either type. */
  readonly key: string;
  readonly keyValues: readonly Sent[];
  readonly values: readonly Sent[];
}

/**
 * An entry as a row of its model's table.
 * @throws UnmappedEntry when a value cannot be stored
 */
export function rowOf(entry: Entry, index: number, mapping: Mapping, dialect: Dialect): Row {
  const { layout, filters, sums, extra } = mapping;
  const value = (role: string, name: string, given: ExtraValue | undefined): Sent => {
    try {
      return sent(given ?? null, dialect);
    } catch (error) {
      if (!(error instanceof UnusableValue)) throw error;
      throw unmapped(layout.model, `the ${role} ${quote(name)} cannot be stored: ${error.message}`);
    }
  };
  const keyValues = filters.map((name) => value('filter', name, entry.filters[name]));
  const values: Sent[] = sums.map((name) => entry.columns[name] ?? 0);
  for (const name of extra) values.push(value('extra', name, entry.extra[name]?.value));
  return { index, layout, key: keyOf(keyValues), keyValues, values };
}

function keyOf(keyValues: readonly Sent[]): string {
  return keyValues.length === 1 ? String(keyValues[0]) : JSON.stringify(keyValues.map(String));
}
