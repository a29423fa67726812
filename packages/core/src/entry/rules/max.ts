import {
  type Comparable,
  decodeComparable,
  encodeComparable,
  isGreater,
  parseComparable,
} from './comparable.js';
import type { IncrementRule } from './rule.js';
import { type Ruled, withRule } from './ruled.js';

/** Keeps the greatest of all values: `{ lastSeen: max(new Date()) }`. */
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
