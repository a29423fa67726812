import type { Fields } from './fields.js';
import { fieldRule } from './rules/index.js';
import type { StoredValue } from './rules/rule.js';

/**
 * Merges one entry's fields into another's. The merge is associative: increments may be added up in a process,
 * then in a backend, in any grouping that keeps their order, and the result is the same.
 * @throws OverflowError `ERR_SLUICE_OVERFLOW`, or CorruptEntryError `ERR_SLUICE_CORRUPT_ENTRY` for a field
 * of an unknown rule, before anything has changed
 */
export function merge(into: Fields, from: Fields): void {
  const values: StoredValue[] = [];
  for (const field in from) values.push(combine(field, into[field], from[field] as StoredValue));
  // Only now: all fields change, or none.
  let i = 0;
  for (const field in from) {
    into[field] = values[i] as StoredValue;
    i += 1;
  }
}

function combine(field: string, old: StoredValue | undefined, value: StoredValue): StoredValue {
  const rule = fieldRule(field);
  return old === undefined ? value : rule.combine(old, value, field);
}
