import { parseTime } from './numbers.js';
import type { FieldRule } from './rule.js';

/** When the backend took an entry's first increment, in milliseconds. Backends stamp it, so its mark is its whole name. */
export const FIRST_AT = {
  name: 'firstAt',
  mark: '@',
  combine: (old, value) => Math.min(old, value),
  parse: parseTime,
  decode: (milliseconds) => new Date(milliseconds),
} satisfies FieldRule<'firstAt', number>;
