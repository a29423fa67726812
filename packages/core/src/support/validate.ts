import { InvalidInputError, type SluiceErrorCode } from '../errors.js';
import { millisecondsOf } from './date.js';
import { MAX_PARTITIONS } from './partition.js';
import { quote } from './text.js';

/** What is checked: how messages name it, and the code of the error if it cannot be used. */
export interface Subject {
  readonly code: SluiceErrorCode;
  readonly name: string;
}

/** An option, with its owner if that is not obvious: `option('intervalMs', 'a worker')`. */
export function option(name: string, owner?: string): Subject {
  const whose = owner === undefined ? '' : ` of ${owner}`;
  return { code: 'ERR_SLUICE_INVALID_OPTION', name: `The option "${name}"${whose}` };
}

/** All options of something: `optionsOf('a worker')`. */
export function optionsOf(owner: string): Subject {
  return { code: 'ERR_SLUICE_INVALID_OPTION', name: `The options of ${owner}` };
}

/** An argument of a call, as messages begin: `argument('The argument of process()')`. */
export function argument(name: string): Subject {
  return { code: 'ERR_SLUICE_INVALID_ARGUMENT', name };
}

/** The error for a value that is not what it must be: `throw mustBe(option('sink'), 'a function', sink)`. */
export function mustBe({ code, name }: Subject, expected: string, value: unknown): InvalidInputError {
  return new InvalidInputError(code, `${name} must be ${expected}, not ${describe(value)}.`);
}

/** Refuses what is not an object of names and values. @throws InvalidInputError */
export function mustBePlainObject(subject: Subject, value: unknown): void {
  if (!isRecord(value)) throw mustBe(subject, 'a plain object', value);
}

/** Refuses what is not an integer from `least` to `most`. @throws InvalidInputError */
export function mustBeInteger(subject: Subject, value: unknown, least: number, most: number): void {
  if (Number.isSafeInteger(value) && least <= (value as number) && (value as number) <= most) return;
  throw mustBe(subject, `an integer from ${least} to ${most}`, value);
}

/** Refuses what is not a function. @throws InvalidInputError */
export function mustBeFunction(subject: Subject, value: unknown): void {
  if (typeof value !== 'function') throw mustBe(subject, 'a function', value);
}

/** Refuses what lacks one of the methods. @throws InvalidInputError */
export function mustHaveMethods(subject: Subject, value: unknown, methods: readonly string[]): void {
  const has = (method: string): boolean =>
    typeof (value as Record<string, unknown> | null | undefined)?.[method] === 'function';
  if (methods.every(has)) return;
  const calls = methods.map((method) => `${method}()`).join(' and ');
  throw mustBe(subject, `an object with ${calls}`, value);
}

/**
 * Refuses options that do not exist, since most of them are misspelt.
 * @throws InvalidInputError
 */
export function mustBeKnown({ code, name }: Subject, options: object, known: readonly string[]): void {
  const unknown = Object.keys(options).find((key) => !known.includes(key));
  if (unknown === undefined) return;
  throw new InvalidInputError(code, `${name} are ${known.join(', ')}; there is no ${quote(unknown)}.`);
}

const PARTITION: Subject = { code: 'ERR_SLUICE_INVALID_PARTITION', name: 'The partition' };

/**
 * Refuses what is no partition of any buffer: one may lie beyond this buffer's own, since other services may have more.
 * @throws InvalidInputError `ERR_SLUICE_INVALID_PARTITION`
 */
export function mustBePartition(value: unknown): void {
  mustBeInteger(PARTITION, value, 0, MAX_PARTITIONS - 1);
}

/** Whether a value is an object of names and values, rather than an array, a Date, a Map or another class's. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null;
}

/** Describes an invalid value for a message: its type or its number, never its content. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'number') return String(value);
  const time = millisecondsOf(value);
  if (time !== undefined) return Number.isNaN(time) ? 'an invalid Date' : 'a Date';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
