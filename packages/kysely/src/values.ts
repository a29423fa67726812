import type { ExtraValue } from '@sluice/core';
import type { Dialect } from './dialect.js';

/** A value in the form that is sent: JSON can hold it, and no driver converts it. */
export type Sent = string | number | boolean | null | object;

/** A value that no row of any table can hold. */
export class UnusableValue extends Error {}

const LEAST_INT64 = -(2n ** 63n);
const MOST_INT64 = 2n ** 63n - 1n;

/**
 * The form in which a filter or an extra value is sent. Dates become text in UTC and bigints digits, which databases
 * read exactly.
 * @throws UnusableValue
 */
export function sent(value: ExtraValue, dialect: Dialect): Sent {
  switch (typeof value) {
    case 'string':
      return checkText(value, dialect);
    case 'bigint':
      // SQLite would round it, and then take one key for another.
      if (dialect === 'sqlite' && (value < LEAST_INT64 || value > MOST_INT64)) {
        throw new UnusableValue(`${value} does not fit into the 64 bits of an integer of SQLite`);
      }
      return String(value);
    case 'object':
      return value instanceof Date ? dateText(value, dialect) : value;
    default:
      return value;
  }
}

/** The same as one parameter of a statement, for dialects that take no JSON. */
export function parameter(value: Sent): string | number | null {
  if (typeof value === 'boolean') return value ? 1 : 0;
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : value;
}

function checkText(text: string, dialect: Dialect): string {
  // Encoding replaces it, so that different keys would become the same one.
  if (!text.isWellFormed()) throw new UnusableValue('the text has a lone surrogate, which is no character');
  if (dialect === 'postgres' && text.includes('\0')) {
    throw new UnusableValue('the text has a NUL character, which PostgreSQL cannot store');
  }
  return text;
}

function dateText(date: Date, dialect: Dialect): string {
  const text = date.toISOString();
  return dialect === 'mysql' ? text.slice(0, -1).replace('T', ' ') : text;
}
