import type { Entry, ExtraValue, Rule } from '@sluice/core';
import type { Dialect } from './dialect.js';
import type { Model } from './options.js';
import { type Sent, sent, UnusableValue } from './values.js';

/** What a statement does to a column. */
export interface Field {
  readonly column: string;
  readonly rule: 'sum' | Rule;
}

/** An entry in terms of its table: one value for each key, then one for each field. */
export interface Row {
  /** The entry's place in its batch. */
  readonly index: number;
  readonly model: Model;
  readonly keys: readonly string[];
  readonly fields: readonly Field[];
  readonly keyValues: readonly Sent[];
  readonly values: readonly Sent[];
}

/** An entry that fits no table; the message says why. */
export class UnmappedEntry extends Error {}

/**
 * An entry as a row of its model's table.
 * @throws UnmappedEntry
 */
export function rowOf(entry: Entry, index: number, model: Model, dialect: Dialect): Row {
  const columns = new Columns(model, dialect);
  const filters = Object.entries(entry.filters);
  if (filters.length === 0)
    throw unmapped(model, 'an entry without filters would be for every row of the table');
  const keys = filters.map(([name]) => columns.take('filter', name, model.keys));
  for (const name of model.keys?.keys() ?? []) {
    if (!Object.hasOwn(entry.filters, name)) throw unmapped(model, `the filter ${quote(name)} is missing`);
  }
  const keyValues = filters.map(([name, value]) => columns.value('filter', name, value));
  const fields: Field[] = [];
  const values: Sent[] = [];
  const add = (column: string, rule: Field['rule'], value: Sent): void => {
    fields.push({ column, rule });
    values.push(value);
  };
  for (const [name, column] of sumsOf(entry, model, columns)) add(column, 'sum', entry.columns[name] ?? 0);
  for (const [name, extra] of Object.entries(entry.extra)) {
    if (extra === undefined) continue;
    const column = columns.take('extra', name, model.extra);
    add(column, extra.rule, columns.value('extra', name, extra.value));
  }
  return { index, model, keys, fields, keyValues, values };
}

/** Listed columns are all in the statement, so that entries which add to some of them share it. */
function sumsOf(entry: Entry, model: Model, columns: Columns): (readonly [name: string, column: string])[] {
  const given = Object.keys(entry.columns);
  for (const name of given) columns.check('column', name, model.columns);
  const names = model.columns === undefined ? given.sort() : [...model.columns.keys()];
  return names.map((name) => [name, columns.take('column', name, model.columns)]);
}

type Role = 'filter' | 'column' | 'extra';

/** Finds the columns of one entry, each of which may be used once. */
class Columns {
  readonly #model: Model;
  readonly #dialect: Dialect;
  readonly #taken = new Set<string>();

  constructor(model: Model, dialect: Dialect) {
    this.#model = model;
    this.#dialect = dialect;
  }

  check(role: Role, name: string, names: ReadonlyMap<string, string> | undefined): string {
    const column = names === undefined ? name : names.get(name);
    if (column === undefined) throw unmapped(this.#model, `the ${role} ${quote(name)} is not mapped`);
    return column;
  }

  take(role: Role, name: string, names: ReadonlyMap<string, string> | undefined): string {
    const column = this.check(role, name, names);
    // PostgreSQL would cut it and mean another column.
    if (this.#dialect === 'postgres' && Buffer.byteLength(column) > 63) {
      throw unmapped(this.#model, `the ${role} ${quote(name)} is longer than a name in PostgreSQL`);
    }
    // mysql2 puts values in the place of every question mark, those of quoted names included.
    if (this.#dialect === 'mysql' && column.includes('?')) {
      throw unmapped(this.#model, `the ${role} ${quote(name)} has a question mark`);
    }
    if (this.#taken.has(column))
      throw unmapped(this.#model, `two values are for the column ${quote(column)}`);
    this.#taken.add(column);
    return column;
  }

  value(role: Role, name: string, value: ExtraValue): Sent {
    try {
      return sent(value, this.#dialect);
    } catch (error) {
      if (!(error instanceof UnusableValue)) throw error;
      throw unmapped(this.#model, `the ${role} ${quote(name)} cannot be stored: ${error.message}`);
    }
  }
}

/** A name in a message: it may come from anywhere and be of any length. */
function quote(name: string): string {
  return JSON.stringify(name.slice(0, 80));
}

function unmapped(model: Model, problem: string): UnmappedEntry {
  return new UnmappedEntry(`Model ${quote(model.name)}: ${problem}.`);
}
