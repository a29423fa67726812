import type { Entry, Rule } from '@sluice/core';
import type { SqlDialect } from '../dialects/dialect.js';
import { RULES } from '../dialects/rules.js';
import type { Field, Layout } from './layout.js';
import type { Model } from './model.js';
import { listed, quote, unknown, unmapped } from './unmapped.js';

/** Which entries have a layout: those that name just this, in this order. */
interface Names {
  readonly model: Model;
  readonly filters: readonly string[];
  readonly columns: readonly string[];
  readonly extra: readonly string[];
  readonly rules: readonly Rule[];
}

/** Where the values of an entry go: a filter to each key, and a source to each field. */
export interface Mapping {
  readonly layout: Layout;
  readonly filters: readonly string[];
  readonly sources: readonly Source[];
}

/** The names whose values go to a field: of several increments, which are added up, or of one extra value. */
export interface Source {
  readonly names: readonly [string, ...string[]];
  readonly isExtra: boolean;
}

// Names come from code, so there are few; the bound only guards against a service that makes names up.
const MOST = 100;

/** Maps entries to columns. Entries that name the same share a mapping, which is checked once. */
export class Mappings {
  readonly #dialect: SqlDialect;
  readonly #mappings: { readonly names: Names; readonly mapping: Mapping }[] = [];

  constructor(dialect: SqlDialect) {
    this.#dialect = dialect;
  }

  /**
   * The mapping of an entry.
   * @throws UnmappedEntry, UnknownName
   */
  of(entry: Entry, model: Model): Mapping {
    // Most likely the one of the entry before.
    const known = this.#mappings.findLast(({ names }) => fits(names, entry, model));
    return known?.mapping ?? this.#add(namesOf(entry, model));
  }

  #add(names: Names): Mapping {
    const mapping = this.#map(names);
    if (this.#mappings.length >= MOST) this.#mappings.length = 0;
    this.#mappings.push({ names, mapping });
    return mapping;
  }

  #map({ model, filters, columns, extra, rules }: Names): Mapping {
    const statement = new Columns(model, this.#dialect);
    if (filters.length === 0)
      throw unmapped(model, 'an entry without filters would be for every row of the table');
    const keys = filters.map((name) => ({ name, column: statement.take('filter', name) }));
    for (const name of model.keys?.keys() ?? []) {
      if (filters.includes(name)) continue;
      throw unknown(
        model,
        `the filter ${quote(name)} is missing; an entry must have ${listed(model.keys?.keys() ?? [])}`,
      );
    }
    const at = extra.findIndex((_, i) => !Object.hasOwn(RULES, rules[i] as Rule));
    if (at >= 0) {
      throw unknown(
        model,
        `the extra ${quote(extra[at] as string)} has the rule ${quote(String(rules[at]))}, which this version of @sluice/kysely does not know`,
      );
    }
    const fields = [
      ...sumsOf(columns, statement),
      ...extra.map((name, i) => ({
        column: statement.take('extra', name),
        rule: rules[i] as Rule,
        names: [name] as const,
      })),
    ].sort(byColumn);
    keys.sort(byColumn);
    return {
      layout: layoutOf(
        model,
        keys.map(({ column }) => column),
        fields.map(({ column, rule }) => ({ column, rule })),
      ),
      filters: keys.map(({ name }) => name),
      sources: fields.map(({ rule, names }) => ({ names, isExtra: rule !== 'sum' })),
    };
  }
}

/** Several names may add to one column: while old producers run, a column has its old name and its new one. */
function sumsOf(
  names: readonly string[],
  statement: Columns,
): { column: string; rule: 'sum'; names: readonly [string, ...string[]] }[] {
  const sums = new Map<string, readonly [string, ...string[]]>();
  for (const name of names) {
    const column = statement.find('column', name);
    const others = sums.get(column);
    if (others === undefined) statement.take('column', name);
    sums.set(column, others === undefined ? [name] : [...others, name]);
  }
  return [...sums].map(([column, names]) => ({ column, rule: 'sum', names }));
}

function layoutOf(model: Model, keys: readonly string[], fields: readonly Field[]): Layout {
  const place = JSON.stringify([model.table, keys]);
  const name = JSON.stringify([place, fields, [...model.onInsert]]);
  return { place, name, model, keys, fields };
}

function byColumn(a: { readonly column: string }, b: { readonly column: string }): number {
  return a.column < b.column ? -1 : 1;
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
  readonly #dialect: SqlDialect;
  readonly #taken = new Set<string>();

  constructor(model: Model, dialect: SqlDialect) {
    this.#model = model;
    this.#dialect = dialect;
  }

  find(role: Role, name: string): string {
    const names = this.#namesOf(role);
    const column = names === undefined ? name : names.get(name);
    if (column === undefined) {
      const known = listed(names?.keys() ?? []);
      throw unknown(this.#model, `the ${role} ${quote(name)} is not mapped; mapped are ${known}`);
    }
    return column;
  }

  take(role: Role, name: string): string {
    const column = this.find(role, name);
    const problem = this.#dialect.problemOfName(column);
    if (problem !== undefined) throw unmapped(this.#model, `the ${role} ${quote(name)} ${problem}`);
    if (this.#taken.has(column))
      throw unmapped(this.#model, `two values are for the column ${quote(column)}`);
    this.#taken.add(column);
    return column;
  }

  #namesOf(role: Role): ReadonlyMap<string, string> | undefined {
    const { keys, columns, extra } = this.#model;
    return { filter: keys, column: columns, extra }[role];
  }
}
