import { type ExtraValue, InvalidInputError } from '@sluice/core';
import { fieldsOf } from '@sluice/core/backend';
import type { SqlDialect } from '../dialects/dialect.js';
import { type Sent, UnusableValue } from '../dialects/values.js';
import { invalid, isName, isRecord, partsOf, refuseUnknown } from '../invalid-option.js';
import { decimalOf } from './decimal.js';
import type { ModelMapping, Names, Sums } from './mapping.js';
import { type Model, plainSum, type SumColumn } from './model.js';
import { quote } from './unmapped.js';

const MAPPING = ['table', 'mode', 'keys', 'columns', 'extra', 'onInsert'];
const SUM = ['column', 'min', 'scale'];

/**
 * Checks the mapping of a model and fills in the defaults.
 * @throws InvalidInputError `ERR_SLUICE_INVALID_OPTION` naming the option
 */
export function modelOf(name: string, mapping: ModelMapping, dialect: SqlDialect): Model {
  const option = `models.${name}`;
  if (!isRecord(mapping)) throw invalid(option, 'an object with a table');
  refuseUnknown(`${option}.`, mapping, MAPPING);
  const { table, mode = 'upsert', keys, columns, extra, onInsert } = mapping;
  if (mode !== 'upsert' && mode !== 'update') throw invalid(`${option}.mode`, "'upsert' or 'update'");
  if (mode === 'update' && onInsert !== undefined) {
    throw invalid(`${option}.onInsert`, "left out in the mode 'update', which inserts nothing");
  }
  const model: Model = {
    name,
    table: partsOf(`${option}.table`, table),
    mode,
    keys: namesOf(`${option}.keys`, keys),
    columns: sumsOf(`${option}.columns`, columns, dialect),
    extra: namesOf(`${option}.extra`, extra),
    onInsert: valuesOf(`${option}.onInsert`, onInsert ?? {}, dialect),
  };
  checkKeys(option, model, dialect);
  return model;
}

function namesOf(option: string, names: Names | undefined): ReadonlyMap<string, string> | undefined {
  const pairs = pairsOf(option, names);
  if (pairs === undefined) return undefined;
  if (!pairs.flat().every(isName)) throw invalid(option, NAMES);
  return new Map(pairs as [string, string][]);
}

function sumsOf(
  option: string,
  sums: Sums | undefined,
  dialect: SqlDialect,
): ReadonlyMap<string, SumColumn> | undefined {
  const pairs = pairsOf(option, sums);
  if (pairs === undefined) return undefined;
  const columns = new Map(pairs.map(([name, sum]) => [name, sumOf(option, name, sum, dialect)]));
  const first = new Map<string, [name: string, SumColumn]>();
  for (const [name, sum] of columns) {
    const known = [...first].find(([column]) => dialect.catalogue.isSameName(column, sum.column));
    if (known === undefined) first.set(sum.column, [name, sum]);
    else checkAlike(option, known[1], [name, sum]);
  }
  return columns;
}

/** What several names add to one column is one sum, with one unit and one floor. */
function checkAlike(option: string, [one, a]: [string, SumColumn], [other, b]: [string, SumColumn]): void {
  if (a.scale === b.scale && a.min === b.min) return;
  const names = `${quote(one)} and ${quote(other)}`;
  throw invalid(
    option,
    `the same for ${names}, which share the column ${quote(a.column)}: \`min\` and \`scale\``,
  );
}

function sumOf(option: string, name: string, sum: unknown, { encode }: SqlDialect): SumColumn {
  if (!isName(name)) throw invalid(option, NAMES);
  if (isName(sum)) return plainSum(sum);
  if (!isRecord(sum)) throw invalid(option, NAMES);
  const path = `${option}.${name}`;
  refuseUnknown(`${path}.`, sum, SUM);
  const { column = name, scale = 0, min } = sum;
  if (!isName(column)) throw invalid(`${path}.column`, 'the name of a column');
  if (!isWhole(scale) || scale < 0 || scale > MOST_DIGITS) {
    throw invalid(`${path}.scale`, `an integer from 0 to ${MOST_DIGITS}`);
  }
  if (min === undefined) return { column, scale, min };
  if (!isWhole(min) && typeof min !== 'bigint') throw invalid(`${path}.min`, 'an integer, or a bigint');
  const units = BigInt(min);
  storable(`${path}.min`, () => encode(units));
  return { column, scale, min: decimalOf(units, scale) };
}

// 10^18 is the greatest power that 64 bits hold.
const MOST_DIGITS = 18;

const NAMES = 'an array of names, or an object of names and columns';

function pairsOf(option: string, names: unknown): readonly (readonly [string, unknown])[] | undefined {
  if (names === undefined) return undefined;
  if (Array.isArray(names)) {
    if (names.every(isName)) return names.map((name) => [name, name] as const);
  } else if (isRecord(names)) return Object.entries(names);
  throw invalid(option, NAMES);
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function valuesOf(
  option: string,
  values: Readonly<Record<string, ExtraValue | undefined>>,
  { encode }: SqlDialect,
): ReadonlyMap<string, Sent> {
  if (!isRecord(values) || !Object.keys(values).every(isName)) {
    throw invalid(option, 'an object of columns and values');
  }
  const given = Object.entries(values).filter((pair): pair is [string, ExtraValue] => pair[1] !== undefined);
  return storable(option, () => {
    // What no entry could bring would be stored as something else: NaN as NULL.
    const fields = Object.keys(fieldsOf({}, Object.fromEntries(given)));
    const ruled = fields.find((field) => !field.startsWith('='));
    if (ruled !== undefined) throw new UnusableValue(`${quote(ruled.slice(1))} has a rule, such as max()`);
    return new Map(given.map(([column, value]) => [column, encode(value)]));
  });
}

function storable<T>(option: string, encoded: () => T): T {
  try {
    return encoded();
  } catch (error) {
    if (!(error instanceof UnusableValue || error instanceof InvalidInputError)) throw error;
    throw invalid(option, `what the database can store: ${error.message.replace(/\.$/, '')}`);
  }
}

/** An entry has all keys, so what else is for the column of one could never be applied. */
function checkKeys(
  option: string,
  { keys, columns, extra, onInsert }: Model,
  { catalogue }: SqlDialect,
): void {
  const taken: string[] = [];
  const check = (part: string, column: string): void => {
    if (!taken.some((key) => catalogue.isSameName(key, column))) return;
    throw invalid(`${option}.${part}`, `without the column ${quote(column)}, which a key has already`);
  };
  for (const key of keys?.values() ?? []) {
    check('keys', key);
    taken.push(key);
  }
  for (const { column } of columns?.values() ?? []) check('columns', column);
  for (const column of extra?.values() ?? []) check('extra', column);
  for (const column of onInsert.keys()) check('onInsert', column);
}
