import { CorruptEntryError, InvalidInputError, OverflowError } from '../errors.js';
import type { Entry, ExtraValue, Rule } from '../schema.js';
import { quote } from '../support/text.js';
import { describe, isRecord } from '../support/validate.js';
import { extraText, extremeOf, parseExtra, parseExtreme, ruleOf, weight } from './extra.js';
import { bareName, nameOf, quotedField } from './names.js';
import { parseTargetKey } from './target-key.js';

/**
 * What has accumulated for one target, as backends keep it. The first character of a field's name is its rule:
 *
 * | field | rule | value |
 * | --- | --- | --- |
 * | `+views` | sum | an integer of at most 2^53 − 1 either way |
 * | `=title` | the last write wins | JSON text |
 * | `>lastSeen` | greatest | a number, or `d` and milliseconds for a Date |
 * | `<firstSeen` | least | the same |
 * | `@` | least | when the backend took the first increment, in milliseconds |
 *
 * The leading character also keeps untrusted names (`constructor`) away from what plain objects inherit.
 */
export type Fields = { [field: string]: number | string };

/** Why one target of a write was left out while the rest applied. */
export type RefusalReason = 'overflow' | 'corrupt';

/**
 * The fields of one increment.
 * @throws InvalidInputError naming the column or extra that cannot be used
 */
export function fieldsOf(
  columns: Readonly<Record<string, number>>,
  extra?: Readonly<Record<string, unknown>>,
): Fields {
  if (!isRecord(columns)) throw invalidColumns();
  const fields: Fields = {};
  for (const column of Object.keys(columns)) {
    const amount = columns[column];
    if (!Number.isSafeInteger(amount)) throw invalidAmount(column, amount);
    // Adding zero turns -0, which has no integer text of its own, into 0.
    fields[nameOf(column, 'column').sum] = (amount as number) + 0;
  }
  if (extra !== undefined) addExtra(fields, extra);
  return fields;
}

/**
 * Merges an increment into the fields of its target: the same as `merge` with `fieldsOf`, without an object in between.
 * @throws InvalidInputError or OverflowError before anything has changed
 */
export function addIncrement(
  fields: Fields,
  columns: Readonly<Record<string, number>>,
  extra?: Readonly<Record<string, unknown>>,
): void {
  if (extra !== undefined) {
    merge(fields, fieldsOf(columns, extra));
    return;
  }
  if (!isRecord(columns)) throw invalidColumns();
  const names = Object.keys(columns);
  // All columns or none; a single one is checked before it is written anyway.
  if (names.length > 1) for (const name of names) sumOf(fields, nameOf(name, 'column').sum, columns[name]);
  for (const name of names) {
    const { sum } = nameOf(name, 'column');
    fields[sum] = sumOf(fields, sum, columns[name]);
  }
}

/** A sum with an amount more. @throws InvalidInputError or OverflowError */
function sumOf(fields: Fields, field: string, amount: unknown): number {
  if (!Number.isSafeInteger(amount)) throw invalidAmount(field.slice(1), amount);
  const sum = ((fields[field] ?? 0) as number) + (amount as number);
  if (!Number.isSafeInteger(sum)) throw new OverflowError(field);
  return sum;
}

function addExtra(fields: Fields, extra: Readonly<Record<string, unknown>>): void {
  if (!isRecord(extra)) {
    throw new InvalidInputError(
      'ERR_SLUICE_INVALID_EXTRA',
      'extra must be a plain object of names and values.',
    );
  }
  for (const key of Object.keys(extra)) {
    const name = nameOf(key, 'extra');
    const value = extra[key];
    const rule = ruleOf(value);
    if (rule === undefined) fields[name.last] = extraText(key, value as ExtraValue);
    else fields[name[rule]] = extremeOf(key, (value as { value: unknown }).value);
  }
}

/**
 * Merges one entry's fields into another's. The merge is associative: increments may be added up in a process,
 * then in a backend, in any grouping that keeps their order, and the result is the same.
 * @throws OverflowError before anything has changed
 */
export function merge(into: Fields, from: Fields): void {
  for (const field in from) {
    if (
      field.charCodeAt(0) === SUM &&
      !Number.isSafeInteger(((into[field] ?? 0) as number) + (from[field] as number))
    ) {
      throw new OverflowError(field);
    }
  }
  for (const field in from) {
    into[field] = combine(field.charCodeAt(0), into[field], from[field] as number | string);
  }
}

const SUM = 0x2b; // +
const LAST = 0x3d; // =
const GREATEST = 0x3e; // >
const LEAST = 0x3c; // <
const FIRST_AT = 0x40; // @

function combine(rule: number, old: number | string | undefined, value: number | string): number | string {
  if (old === undefined || rule === LAST) return value;
  if (rule === SUM) return (old as number) + (value as number);
  if (rule === GREATEST) return weight(value) > weight(old) ? value : old;
  return weight(value) < weight(old) ? value : old;
}

/** Fields as the one line of JSON text that backends may keep. All values are strings: see `unpack`. */
export function pack(fields: Fields): string {
  let text = '';
  for (const field in fields) {
    const value = fields[field];
    text += `${text === '' ? '{' : ','}${quotedField(field)}:${typeof value === 'number' ? `"${value}"` : JSON.stringify(value)}`;
  }
  return text === '' ? '{}' : `${text}}`;
}

/**
 * The fields that `pack` wrote, or a script that merged them.
 * @throws CorruptEntryError
 */
export function unpack(text: string): Fields {
  const packed = parse(text);
  if (!isRecord(packed)) throw new CorruptEntryError('A stored entry is not an object.');
  for (const field of Object.keys(packed)) packed[field] = parseField(field, packed[field]);
  return packed as Fields;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new CorruptEntryError('A stored entry is not JSON.', { cause });
  }
}

// What `pack` and the scripts write; Number() alone would also take '', ' 1' and '0x10'.
const INTEGER = /^-?\d+$/;
const NUMBER = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/;
const LAST_DATE = 8.64e15;

function parseField(field: string, text: unknown): number | string {
  const value =
    typeof text === 'string' && field.slice(1) !== '__proto__'
      ? parseValue(field.charCodeAt(0), text)
      : undefined;
  if (value !== undefined) return value;
  throw new CorruptEntryError(`A stored entry has a corrupt field ${quote(field)}.`);
}

function parseValue(rule: number, text: string): number | string | undefined {
  if (rule === LAST) return text;
  const value = Number(text);
  switch (rule) {
    case SUM:
      return Number.isSafeInteger(value) && INTEGER.test(text) ? value : undefined;
    case FIRST_AT:
      return numberOf(text, value);
    case GREATEST:
    case LEAST:
      return text[0] === 'd' ? dateOf(text) : numberOf(text, value);
  }
  return undefined;
}

function numberOf(text: string, value: number): number | undefined {
  return NUMBER.test(text) && Number.isFinite(value) ? value : undefined;
}

function dateOf(text: string): string | undefined {
  return INTEGER.test(text.slice(1)) && Math.abs(weight(text)) <= LAST_DATE ? text : undefined;
}

/**
 * The entry that a sink gets.
 * @throws CorruptEntryError when the key or a value is not what Sluice wrote
 */
export function entryOf(key: string, fields: Fields): Entry {
  try {
    const { model, filters, signalOnly } = parseTargetKey(key);
    return {
      model,
      filters,
      columns: columnsOf(fields),
      extra: extraOf(fields),
      signalOnly,
      firstAt: new Date(Number(fields['@'] ?? 0)),
    };
  } catch (cause) {
    throw cause instanceof CorruptEntryError
      ? cause
      : new CorruptEntryError('A stored target key or value was not written by Sluice.', { cause });
  }
}

function columnsOf(fields: Fields): Record<string, number> {
  const columns: Record<string, number> = {};
  for (const field in fields) {
    if (field.charCodeAt(0) === SUM) columns[bareName(field)] = fields[field] as number;
  }
  return columns;
}

/** When one name was used with several rules, `extra` shows one of them: last before greatest before least. */
function extraOf(fields: Fields): Entry['extra'] {
  const extra: Record<string, { rule: Rule; value: ExtraValue }> = {};
  for (const field in fields) {
    const rule = ruleOfMark(field.charCodeAt(0));
    // Most entries have no extra: nothing else is to be done for them.
    if (rule === undefined) continue;
    const name = field.slice(1);
    const hidden = rule !== 'last' && (`=${name}` in fields || (rule === 'min' && `>${name}` in fields));
    const stored = fields[field] as number | string;
    if (!hidden) {
      extra[name] = { rule, value: rule === 'last' ? parseExtra(stored as string) : parseExtreme(stored) };
    }
  }
  return extra;
}

function ruleOfMark(mark: number): Rule | undefined {
  if (mark === LAST) return 'last';
  if (mark === GREATEST) return 'max';
  return mark === LEAST ? 'min' : undefined;
}

function invalidColumns(): InvalidInputError {
  return new InvalidInputError(
    'ERR_SLUICE_INVALID_AMOUNT',
    'columns must be a plain object of names and amounts.',
  );
}

function invalidAmount(column: string, amount: unknown): InvalidInputError {
  return new InvalidInputError(
    'ERR_SLUICE_INVALID_AMOUNT',
    `The amount of ${quote(column)} must be an integer of at most 2^53 − 1 either way; it is ${describe(amount)}.`,
  );
}
