import { millisecondsOf } from '../../support/date.js';
import { quote } from '../../support/text.js';
import { mustBe } from '../../support/validate.js';
import { MAX_EXTRA_LENGTH, tooLarge } from './extra-size.js';
import { parseNumber, parseTime } from './numbers.js';

/** What `max` and `min` take. */
export type ComparableValue = number | bigint | string | Date;

/**
 * How values that are compared are stored: a number as it is, a Date as `d` and its milliseconds, a bigint as `b` and its
 * digits, text as `s` and the text.
 */
export type Comparable = number | string;

const BIGINT = /^b(0|-?[1-9]\d{0,38})$/;

/** @throws InvalidInputError */
export function encodeComparable(name: string, value: unknown): Comparable {
  if (typeof value === 'number' && Number.isFinite(value)) return value === 0 ? 0 : value;
  if (typeof value === 'bigint' && BigInt.asIntN(128, value) === value) return `b${value}`;
  if (typeof value === 'string' && value.length > MAX_EXTRA_LENGTH) throw tooLarge(name);
  if (typeof value === 'string' && value.isWellFormed()) return `s${value}`;
  const time = millisecondsOf(value);
  if (time !== undefined && !Number.isNaN(time)) return `d${time}`;
  const subject = {
    code: 'ERR_SLUICE_INVALID_EXTRA',
    name: `The extra ${quote(name)} in max() or min()`,
  } as const;
  throw mustBe(subject, 'a finite number, a bigint of 128 bits, a valid Date, or well-formed text', value);
}

export function decodeComparable(stored: Comparable): ComparableValue {
  if (typeof stored === 'number') return stored;
  if (isText(stored)) return stored.slice(1);
  return isBigint(stored) ? BigInt(stored.slice(1)) : new Date(numberOf(stored));
}

export function parseComparable(text: string): Comparable | undefined {
  if (isText(text)) return text.length <= MAX_EXTRA_LENGTH + 1 && text.isWellFormed() ? text : undefined;
  if (isBigint(text)) return BIGINT.test(text) ? text : undefined;
  if (text[0] !== 'd') return parseNumber(text);
  return parseTime(text.slice(1)) === undefined ? undefined : text;
}

/**
 * Whether `a` is greater than `b`, in one order of all values, so that it does not matter which two meet first. Text comes
 * after everything else, by code points, which is the order of its bytes in UTF-8. Dates count by their milliseconds.
 * Bigints count exactly among each other, and beside a number by the nearest number, after it if that is the same.
 */
export function isGreater(a: Comparable, b: Comparable): boolean {
  if (typeof a === 'number' && typeof b === 'number') return a > b;
  if (isText(a) || isText(b)) return isText(a) && (!isText(b) || comesAfter(a as string, b as string));
  const difference = numberOf(a) - numberOf(b);
  if (difference !== 0 || !isBigint(a)) return difference > 0;
  return !isBigint(b) || BigInt((a as string).slice(1)) > BigInt((b as string).slice(1));
}

function isText(stored: Comparable): boolean {
  return typeof stored === 'string' && stored.startsWith('s');
}

function isBigint(stored: Comparable): boolean {
  return typeof stored === 'string' && stored.startsWith('b');
}

function numberOf(stored: Comparable): number {
  return typeof stored === 'number' ? stored : Number(stored.slice(1));
}

function comesAfter(a: string, b: string): boolean {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at += 1;
  return at === b.length ? at < a.length : rankOf(a.charCodeAt(at)) > rankOf(b.charCodeAt(at));
}

/** Halves of surrogate pairs stand for characters after all others. NaN, past the end of a text, is before all. */
function rankOf(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
