import { type Entry, SluiceError } from '@sluice/core';

/** What a call returns; `undefined` if it throws an error of the kind that is promised. */
export function unlessPromised<T>(call: () => T, isPromised: (error: unknown) => boolean): T | undefined {
  try {
    return call();
  } catch (error) {
    if (isPromised(error)) return undefined;
    throw new Error('an error of the wrong kind', { cause: error });
  }
}

/** Codes of errors that mean neither a bug nor a server that was kept busy. */
export function hasCode(...codes: readonly string[]): (error: unknown) => boolean {
  return (error) => error instanceof SluiceError && codes.includes(error.code);
}

/** @throws Error if a sink could stumble over an entry: it walks through values, writes them as JSON, formats dates. */
export function expectUsable({ filters, columns, extra, firstAt }: Entry): void {
  const values = [...Object.values(filters), firstAt, ...Object.values(extra).map((each) => each?.value)];
  for (const value of values) {
    if (value instanceof Date) value.toISOString();
    if (typeof value === 'number' && !Number.isFinite(value)) throw new Error(`the number ${value}`);
    if (typeof value !== 'bigint') JSON.stringify(value);
  }
  if (!Object.values(columns).every(Number.isSafeInteger)) throw new Error('a sum that is not exact');
}

/** @throws Error unless each number in a value is finite. */
export function expectNumbers(value: unknown): void {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new Error(`the number ${value}`);
  if (typeof value === 'object' && value !== null)
    for (const part of Object.values(value)) expectNumbers(part);
}
