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
 * Keeps the greatest of all values of an extra, in place of the last one.
 *
 * @example
 * ```ts
 * await buffer.incr('Page', { views: 1 }, { path: '/docs' }, { lastSeen: max(new Date()) });
 * ```
 * @param value - A finite number, or a valid Date; `incr` rejects with `ERR_SLUICE_INVALID_EXTRA` for anything else.
 */
export function max<T extends number | Date>(value: T): Ruled<T> {
  return withRule(MAX.name, value);
}

export const MAX: IncrementRule<'max', Comparable> = {
  name: 'max',
  mark: '>',
  encode: encodeComparable,
  combine: (old, value) => (isGreater(value, old) ? value : old),
  parse: parseComparable,
  decode: decodeComparable,
};
