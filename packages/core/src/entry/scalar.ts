import type { FilterValue } from '../schema.js';
import { millisecondsOf } from '../support/date.js';

// Text that JSON quotes unchanged, as most filter values: skipping JSON.stringify halves the cost of a key.
const PLAIN = /^[ !#-[\]-~]*$/;

/** A scalar as JSON. Dates and bigints, which JSON lacks, become `{"date":ms}` and `{"bigint":"digits"}`. */
export function encodeScalar(value: FilterValue): string | undefined {
  switch (typeof value) {
    case 'string':
      return PLAIN.test(value) ? `"${value}"` : JSON.stringify(value);
    case 'number':
      return Number.isFinite(value) ? JSON.stringify(value) : undefined;
    case 'boolean':
      return value ? 'true' : 'false';
    case 'bigint':
      return BigInt.asIntN(128, value) === value ? `{"bigint":"${value}"}` : undefined;
    default:
      return value === null ? 'null' : encodeDate(value);
  }
}

function encodeDate(value: unknown): string | undefined {
  const time = millisecondsOf(value);
  return time === undefined || Number.isNaN(time) ? undefined : `{"date":${time}}`;
}

const BIGINT = /^-?\d{1,39}$/;

/**
 * The scalar that `encodeScalar` wrote, from its parsed JSON.
 * @throws TypeError for anything else
 */
export function decodeScalar(value: unknown): FilterValue {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      if (Number.isFinite(value)) return value;
      break;
    case 'object':
      if (value === null) return null;
      if ('date' in value && typeof value.date === 'number') return decodeDate(value.date);
      if ('bigint' in value && typeof value.bigint === 'string' && BIGINT.test(value.bigint)) {
        return BigInt(value.bigint);
      }
  }
  throw new TypeError('not a scalar');
}

function decodeDate(milliseconds: number): Date {
  const date = new Date(milliseconds);
  if (Number.isNaN(date.getTime())) throw new TypeError('not a date');
  return date;
}
