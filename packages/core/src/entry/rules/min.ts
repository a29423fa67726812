import {
  type Comparable,
  decodeComparable,
  encodeComparable,
  isGreater,
  parseComparable,
} from './comparable.js';
import type { IncrementRule } from './rule.js';
import { type Ruled, withRule } from './ruled.js';

/** Keeps the least of all values: `{ firstSeen: min(new Date()) }`. */
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
