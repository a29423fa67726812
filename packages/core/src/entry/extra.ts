import { InvalidInputError } from '../errors.js';
import type { ExtraValue, FilterValue, JsonValue } from '../schema.js';
import { millisecondsOf } from '../support/date.js';
import { quote } from '../support/text.js';
import { describe, isRecord } from '../support/validate.js';
import { decodeScalar, encodeScalar } from './scalar.js';

/** The longest extra value, in UTF-16 code units of its JSON text. */
export const MAX_EXTRA_LENGTH = 8192;

// A registered symbol, so that two copies of this package (ESM and CJS, say) know each other's values.
const RULE: unique symbol = Symbol.for('@sluice/core.rule') as never;

/** An extra value with a rule other than "the last write wins". */
export interface Ruled<T extends number | Date = number | Date> {
  readonly [RULE]: 'max' | 'min';
  readonly value: T;
}

/** Keeps the greatest of all values: `{ lastSeen: max(new Date()) }`. */
export function max<T extends number | Date>(value: T): Ruled<T> {
  return { [RULE]: 'max', value };
}

/** Keeps the least of all values: `{ firstSeen: min(new Date()) }`. */
export function min<T extends number | Date>(value: T): Ruled<T> {
  return { [RULE]: 'min', value };
}

/** The rule of a value made by `max` or `min`. */
export function ruleOf(value: unknown): 'max' | 'min' | undefined {
  return typeof value === 'object' && value !== null && RULE in value ? (value as Ruled)[RULE] : undefined;
}

/** A number or a Date as backends compare it: the number itself, or `d` and the milliseconds. */
export function extremeOf(name: string, value: unknown): number | string {
  if (typeof value === 'number' && Number.isFinite(value)) return value === 0 ? 0 : value;
  const time = millisecondsOf(value);
  if (time !== undefined && !Number.isNaN(time)) return `d${time}`;
  throw invalid(name, `needs a finite number or a valid Date inside max() or min(), not ${describe(value)}`);
}

/** The number or Date that `extremeOf` wrote. */
export function parseExtreme(stored: number | string): number | Date {
  return typeof stored === 'number' ? stored : new Date(weight(stored));
}

/** What `max` and `min` compare: Dates by their milliseconds. */
export function weight(stored: number | string): number {
  return typeof stored === 'number' ? stored : Number(stored.slice(1));
}

/**
 * A "last write wins" value as JSON text. Plain arrays and objects are wrapped as `{"json":…}`, so that no value of
 * a user can pass for a Date or a bigint.
 * @throws InvalidInputError `ERR_SLUICE_INVALID_EXTRA` or `ERR_SLUICE_TOO_LARGE`
 */
export function extraText(name: string, value: ExtraValue | undefined): string {
  if (typeof value === 'string' && value.length > MAX_EXTRA_LENGTH) throw tooLarge(name);
  const text = encodeScalar(value as FilterValue) ?? jsonText(name, value);
  if (text.length > MAX_EXTRA_LENGTH) throw tooLarge(name);
  return text;
}

/** The value that `extraText` wrote. */
export function parseExtra(text: string): ExtraValue {
  const value: unknown = JSON.parse(text);
  return isRecord(value) && 'json' in value ? (value.json as JsonValue) : decodeScalar(value);
}

function jsonText(name: string, value: unknown): string {
  if (!Array.isArray(value) && !isRecord(value)) throw invalid(name, `is ${describe(value)}`);
  let budget = MAX_EXTRA_LENGTH;
  const check = (part: unknown, path: string, parents: readonly unknown[]): void => {
    // Every part costs at least one character, so a huge or endless value ends here and not in JSON.stringify.
    budget -= typeof part === 'string' ? part.length + 2 : 1;
    if (budget < 0) throw tooLarge(name);
    if (part === null || typeof part === 'string' || typeof part === 'boolean') return;
    if (typeof part === 'number' && Number.isFinite(part)) return;
    if (!Array.isArray(part) && !isRecord(part)) throw invalid(name, `has ${describe(part)} at ${path}`);
    if (ruleOf(part) !== undefined) throw invalid(name, `has max() or min() at ${path}, below the top`);
    if (parents.includes(part)) throw invalid(name, `is cyclic at ${path}`);
    if (parents.length > 32) throw invalid(name, `is nested deeper than 32 levels`);
    if (typeof (part as { toJSON?: unknown }).toJSON === 'function')
      throw invalid(name, `has a toJSON at ${path}`);
    // By index, since an array may have holes, and more of them than memory has room for their text.
    if (Array.isArray(part)) budget -= part.length;
    if (budget < 0) throw tooLarge(name);
    const children = Array.isArray(part) ? part.entries() : Object.entries(part);
    for (const [key, child] of children) check(child, `${path}.${key}`.slice(0, 80), [...parents, part]);
  };
  check(value, name, []);
  return `{"json":${JSON.stringify(value)}}`;
}

function invalid(name: string, problem: string): InvalidInputError {
  return new InvalidInputError(
    'ERR_SLUICE_INVALID_EXTRA',
    `The extra ${quote(name)} ${problem}. Extra values are scalars, Dates, plain JSON, or max() and min() of a number or Date.`,
  );
}

function tooLarge(name: string): InvalidInputError {
  return new InvalidInputError(
    'ERR_SLUICE_TOO_LARGE',
    `The extra ${quote(name)} is larger than ${MAX_EXTRA_LENGTH} characters of JSON. Keep large values elsewhere and send their id.`,
  );
}
