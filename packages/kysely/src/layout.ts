import type { Entry, Rule } from '@sluice/core';
import type { Dialect } from './dialect.js';
import type { Model } from './options.js';
import { RULES } from './rules.js';
import { listed, quote, unmapped } from './unmapped.js';

/** What a statement does to a column. */
export interface Field {
  readonly column: string;
  readonly rule: 'sum' | Rule;
}

/** The columns of a statement: those that pick the row, and those that it changes. */
export interface Layout {
  /** All of it as text: entries with the same columns go in one statement, in any order of names. */
  readonly name: string;
  readonly model: Model;
  readonly keys: readonly string[];
  readonly fields: readonly Field[];
}

/** Which entries have a layout: those that name just this, in this order. */
interface Names {
  readonly model: Model;
  readonly filters: readonly string[];
  readonly columns: readonly string[];
  readonly extra: readonly string[];
  readonly rules: readonly Rule[];
}

/** Where the values of an entry go: `filters` are for the keys, `sums` and then `extra` for the fields. */
export interface Mapping extends Names {
  readonly layout: Layout;
  readonly sums: readonly string[];
}

// Names come from code, so there are few; the bound only guards against a service that makes names up.
const MOST = 100;

/** Maps entries to columns. Entries that name the same share a mapping, which is checked once. */
export class Mappings {
  readonly #dialect: Dialect;
  readonly #mappings: Mapping[] = [];

  constructor(dialect: Dialect) {
    this.#dialect = dialect;
  }

  /**
   * The mapping of an entry.
   * @throws UnmappedEntry
   */
  of(entry: Entry, model: Model): Mapping {
    // Most likely the one of the entry before.
    const known = this.#mappings.findLast((mapping) => fits(mapping, entry, model));
    return known ?? this.#add(namesOf(entry, model));
  }

  #add(names: Names): Mapping {
    const mapping = { ...names, ...this.#map(names) };
    if (this.#mappings.length >= MOST) this.#mappings.length = 0;
    this.#mappings.push(mapping);
    return mapping;
  }

  #map({ model, filters, columns, extra, rules }: Names): { layout: Layout; sums: readonly string[] } {
    const statement = new Columns(model, this.#dialect);
    if (filters.length === 0)
      throw unmapped(model, 'an entry without filters would be for every row of the table');
    const keys = filters.map((name) => statement.take('filter', name, model.keys));
    for (const name of model.keys?.keys() ?? []) {
      if (filters.includes(name)) continue;
      throw unmapped(
        model,
        `the filter ${quote(name)} is missing; an entry must have ${listed(model.keys?.keys() ?? [])}`,
      );
    }
    const unknown = extra.findIndex((_, i) => !Object.hasOwn(RULES, rules[i] as Rule));
    if (unknown >= 0) {
      throw unmapped(
        model,
        `the extra ${quote(extra[unknown] as string)} has the rule ${quote(String(rules[unknown]))}, which this version of @sluice/kysely does not know`,
      );
    }
    for (const name of columns) statement.check('column', name, model.columns);
    // Listed columns are all in the statement, so that entries which add to some of them share it.
    const sums = model.columns === undefined ? [...columns].sort() : [...model.columns.keys()];
    const fields: Field[] = [
      ...sums.map((name) => ({
        column: statement.take('column', name, model.columns),
        rule: 'sum' as const,
      })),
      ...extra.map((name, i) => ({
        column: statement.take('extra', name, model.extra),
        rule: rules[i] as Rule,
      })),
    ];
    const name = JSON.stringify([model.table, model.name, keys, fields]);
    return { layout: { name, model, keys, fields }, sums };
  }
}

function namesOf(entry: Entry, model: Model): Names {
  const extra = Object.keys(entry.extra).filter((name) => entry.extra[name] !== undefined);
  return {
    model,
    filters: Object.keys(entry.filters),
    columns: Object.keys(entry.columns),
    extra,
    rules: extra.map((name) => entry.extra[name]?.rule ?? 'last'),
  };
}

function fits(names: Names, entry: Entry, model: Model): boolean {
  return (
    names.model === model &&
    areNamesOf(entry.filters, names.filters) &&
    areNamesOf(entry.columns, names.columns) &&
    areNamesOf(entry.extra, names.extra) &&
    names.extra.every((name, i) => entry.extra[name]?.rule === names.rules[i])
  );
}

function areNamesOf(object: object, names: readonly string[]): boolean {
  const own = Object.keys(object);
  return own.length === names.length && own.every((name, i) => name === names[i]);
}

type Role = 'filter' | 'column' | 'extra';

/** Finds the columns of one statement, each of which may be used once. */
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
    if (column === undefined) {
      const known = listed(names?.keys() ?? []);
      throw unmapped(this.#model, `the ${role} ${quote(name)} is not mapped; mapped are ${known}`);
    }
    return column;
  }

  take(role: Role, name: string, names: ReadonlyMap<string, string> | undefined): string {
    const column = this.check(role, name, names);
    // PostgreSQL would cut it and mean another column.
    if (this.#dialect === 'postgres' && Buffer.byteLength(column) > 63) {
      throw unmapped(this.#model, `the ${role} ${quote(name)} is longer than a name in PostgreSQL`);
    }
    // mysql2 replaces every question mark with a value, even those in quoted names.
    if (this.#dialect === 'mysql' && column.includes('?')) {
      throw unmapped(this.#model, `the ${role} ${quote(name)} has a question mark`);
    }
    if (this.#taken.has(column))
      throw unmapped(this.#model, `two values are for the column ${quote(column)}`);
    this.#taken.add(column);
    return column;
  }
}
