import {
  type Comparable,
  decodeComparable,
  encodeComparable,
  isGreater,
  parseComparable,
} from './comparable.js';
import type { IncrementRule } from './rule.js';
import { type Ruled, withRule } from './ruled.js';

/**
 * Keeps the least of all values of an extra, in place of the last one.
 *
 * @example
 * ```ts
 * await buffer.incr('Page', { views: 1 }, { path: '/docs' }, { firstSeen: min(new Date()) });
 * ```
 * @param value - A finite number, or a valid Date; `incr` rejects with `ERR_SLUICE_INVALID_EXTRA` for anything else.
 */
export function min<T extends number | Date>(value: T): Ruled<T> {
  return withRule(MIN.name, value);
}

export const MIN: IncrementRule<'min', Comparable> = {
  name: 'min',
  mark: '<',
  encode: encodeComparable,
  combine: (old, value) => (isGreater(old, value) ? value : old),
  parse: parseComparable,
  decode: decodeComparable,
};
