import { millisecondsOf } from '../../support/date.js';
import { quote } from '../../support/text.js';
import { mustBe } from '../../support/validate.js';
import { parseNumber, parseTime } from './numbers.js';

/** What `max` and `min` take and compare: a number is stored as it is, a Date as `d` and its milliseconds. */
export type Comparable = number | string;

/** @throws InvalidInputError */
export function encodeComparable(name: string, value: unknown): Comparable {
  if (typeof value === 'number' && Number.isFinite(value)) return value === 0 ? 0 : value;
  const time = millisecondsOf(value);
  if (time !== undefined && !Number.isNaN(time)) return `d${time}`;
  const subject = {
    code: 'ERR_SLUICE_INVALID_EXTRA',
    name: `The extra ${quote(name)} in max() or min()`,
  } as const;
  throw mustBe(subject, 'a finite number or a valid Date', value);
}

export function decodeComparable(stored: Comparable): number | Date {
  return typeof stored === 'number' ? stored : new Date(numberOf(stored));
}

export function parseComparable(text: string): Comparable | undefined {
  if (text[0] !== 'd') return parseNumber(text);
  return parseTime(text.slice(1)) === undefined ? undefined : text;
}

/** Whether `a` is greater than `b`. Dates count by their milliseconds, not by their text. */
export function isGreater(a: Comparable, b: Comparable): boolean {
  return numberOf(a) > numberOf(b);
}

function numberOf(stored: Comparable): number {
  return typeof stored === 'number' ? stored : Number(stored.slice(1));
}
