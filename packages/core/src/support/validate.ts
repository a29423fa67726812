import { millisecondsOf } from './date.js';

/** Whether a value is an object of names and values, rather than an array, a Date, a Map or another class's. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null;
}

/** What a wrong value is, for a message: its type or its number, never its content. */
export function describe(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'number') return String(value);
  const time = millisecondsOf(value);
  if (time !== undefined) return Number.isNaN(time) ? 'an invalid Date' : 'a Date';
  return typeof value === 'object' ? 'an object' : typeof value;
}
