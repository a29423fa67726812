import { InvalidInputError } from '../errors.js';
import { quote } from '../support/text.js';
import { mustBePlainObject, type Subject } from '../support/validate.js';
import type { Fields } from './fields.js';
import { merge } from './merge.js';
import { nameOf } from './names.js';
import { extraRule } from './rules/index.js';
import { LAST } from './rules/last.js';
import { type Ruled, ruleNameOf } from './rules/ruled.js';
import { add, amountOf } from './rules/sum.js';

type Columns = Readonly<Record<string, number>>;
type Extra = Readonly<Record<string, unknown>>;

const COLUMNS: Subject = { code: 'ERR_SLUICE_INVALID_AMOUNT', name: 'The columns' };
const EXTRA: Subject = { code: 'ERR_SLUICE_INVALID_EXTRA', name: 'The extra values' };

/**
 * The fields of one increment.
 * @throws `InvalidInputError` `ERR_SLUICE_INVALID_NAME`, `ERR_SLUICE_INVALID_AMOUNT`, `ERR_SLUICE_INVALID_EXTRA` or
 * `ERR_SLUICE_TOO_LARGE`, naming the column or extra that cannot be used
 */
export function fieldsOf(columns: Columns, extra?: Extra): Fields {
  mustBePlainObject(COLUMNS, columns);
  const fields: Fields = {};
  for (const column of Object.keys(columns)) {
    const amount = amountOf(column, columns[column]);
    fields[nameOf(column, 'column').fields.sum] = amount;
  }
  if (extra !== undefined) addExtra(fields, extra);
  return fields;
}

/**
 * Merges an increment into the fields of its target: the same as `merge` with `fieldsOf`, without an object in between.
 * @throws InvalidInputError or OverflowError before anything has changed
 */
export function addIncrement(fields: Fields, columns: Columns, extra?: Extra): void {
  if (extra !== undefined) {
    merge(fields, fieldsOf(columns, extra));
    return;
  }
  mustBePlainObject(COLUMNS, columns);
  const names = Object.keys(columns);
  // All columns or none; a single one is checked before it is written anyway.
  if (names.length > 1) {
    for (const name of names) sumWith(fields, nameOf(name, 'column').fields.sum, name, columns[name]);
  }
  for (const name of names) {
    const field = nameOf(name, 'column').fields.sum;
    fields[field] = sumWith(fields, field, name, columns[name]);
  }
}

/** A column's sum once an amount is added. */
function sumWith(fields: Fields, field: string, column: string, amount: unknown): number {
  return add((fields[field] ?? 0) as number, amountOf(column, amount), field);
}

function addExtra(fields: Fields, extra: Extra): void {
  mustBePlainObject(EXTRA, extra);
  for (const name of Object.keys(extra)) {
    const names = nameOf(name, 'extra').fields;
    const value = extra[name];
    const ruleName = ruleNameOf(value);
    if (ruleName === undefined) {
      fields[names.last] = LAST.encode(name, value);
    } else {
      const rule = extraRule(ruleName) ?? unknownRule(name, ruleName);
      const { value: ruled, companions } = value as Ruled;
      fields[names[rule.name]] = rule.encode(name, ruled, companionsOf(name, companions));
    }
  }
}

/** Companions are extra values, but have no rules. */
function companionsOf(extra: string, companions: Extra | undefined): Extra | undefined {
  if (companions === undefined) return undefined;
  mustBePlainObject({ ...EXTRA, name: `The companions of the extra ${quote(extra)}` }, companions);
  const names = Object.keys(companions).filter((name) => companions[name] !== undefined);
  for (const name of names) nameOf(name, 'extra');
  return names.length === 0 ? undefined : Object.fromEntries(names.map((name) => [name, companions[name]]));
}

function unknownRule(name: string, rule: string): never {
  throw new InvalidInputError(
    'ERR_SLUICE_INVALID_EXTRA',
    `The extra ${quote(name)} has the rule ${quote(rule)}, which this version of @sluice/core does not know. Install the same version of all Sluice packages.`,
  );
}
