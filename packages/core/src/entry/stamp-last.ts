import type { Fields } from './fields.js';
import { LAST } from './rules/last.js';
import { stamped } from './rules/stamp.js';

/**
 * The fields of a dead letter that is redriven: its `last` values are stamped with the number of its batch, so that they
 * do not replace what was counted later.
 */
export function stampLast(fields: Fields, batchNumber: number): Fields {
  const result: Fields = {};
  for (const field in fields) {
    const value = fields[field] as Fields[string];
    const isLast = field.startsWith(LAST.mark) && typeof value === 'string';
    result[field] = isLast ? stamped(value, batchNumber) : value;
  }
  return result;
}
