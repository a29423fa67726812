import type { Fields } from './fields.js';
import { fieldRule } from './rules/index.js';
import type { StoredValue } from './rules/rule.js';

/**
 * Merges one entry's fields into another's. The merge is associative: increments may be added up in a process,
 * then in a backend, in any grouping that keeps their order, and the result is the same.
 * @throws OverflowError, or CorruptEntryError for a field of an unknown rule, before anything has changed
 */
export function merge(into: Fields, from: Fields): void {
  const names = Object.keys(from);
  // All fields or none: what throws must do so before the first one changes.
  const values = names.map((field) => combine(field, into[field], from[field] as StoredValue));
  for (const [i, field] of names.entries()) into[field] = values[i] as StoredValue;
}

function combine(field: string, old: StoredValue | undefined, value: StoredValue): StoredValue {
  const rule = fieldRule(field);
  return old === undefined ? value : rule.combine(old, value, field);
}
