import type { ExtraValue } from '@sluice/core';

/** A value in the form that is sent: JSON can hold it, and no driver converts it. A bigint is a number of 64 bits there. */
export type Sent = string | number | bigint | boolean | null | object;

/** A value that no row of any table can hold. */
export class UnusableValue extends Error {}

/** What databases differ in when they are sent values. */
export interface Encoders {
  text(value: string): string;
  bigint(value: bigint): string | bigint;
  date(value: Date): string;
}

/** Dates become text in UTC and bigints digits, which databases read exactly, or integers of JSON. */
export function encoder({ text, bigint, date }: Encoders): (value: ExtraValue) => Sent {
  return (value) => {
    switch (typeof value) {
      case 'string':
        return text(wellFormed(value));
      case 'bigint':
        return bigint(value);
      case 'object':
        return value instanceof Date ? date(value) : value;
      default:
        return value;
    }
  };
}

/** Encoding replaces a lone surrogate, so that different keys would become the same one. */
function wellFormed(text: string): string {
  if (text.isWellFormed()) return text;
  throw new UnusableValue('the text has a lone surrogate, which is no character');
}

/**
 * A date as text of four-digit years.
 * @throws UnusableValue for the years before 0 and after 9999
 */
export function dateOfFourDigits(date: Date, database: string): string {
  const text = date.toISOString();
  if (/^\d{4}-/.test(text)) return text;
  throw new UnusableValue(`${database} has no time outside of the years 0 to 9999`);
}
