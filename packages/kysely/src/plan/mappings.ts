import type { Entry, Rule } from '@sluice/core';
import type { SqlDialect } from '../dialects/dialect.js';
import { RULES } from '../dialects/rules.js';
import type { Sent } from '../dialects/values.js';
import type { CompanionField, Field, Layout } from './layout.js';
import { type Model, plainSum, type SumColumn } from './model.js';
import type { Row } from './row.js';
import { type Reader, readerOf } from './row-of.js';
import type { Companion, Mapping, Source } from './source.js';
import { listed, quote, type UnmappedEntry, unknown, unmapped } from './unmapped.js';

/** Which entries have a layout: those that name just this, in this order. */
interface Names {
  readonly model: Model;
  readonly filters: readonly string[];
  readonly columns: readonly string[];
  readonly extra: readonly string[];
  readonly rules: readonly Rule[];
  readonly companions: readonly Companion[];
}

// Names come from code, so there are few; the bound only guards against a service that makes names up.
const MOST = 100;

interface Known {
  readonly names: Names;
  readonly read: Reader;
}

/** Maps entries to columns. Entries that name the same share a mapping, which is checked once. */
export class Mappings {
  readonly #dialect: SqlDialect;
  readonly #known: Known[] = [];
  #latest: Known | undefined;

  constructor(dialect: SqlDialect) {
    this.#dialect = dialect;
  }

  /**
   * An entry as a row of its model's table.
   * @throws UnmappedEntry, UnknownName
   */
  rowOf(entry: Entry, index: number, model: Model): Row {
    // Most likely that of the entry before.
    if (this.#latest === undefined || !fits(this.#latest.names, entry, model)) {
      this.#latest = this.#known.find(({ names }) => fits(names, entry, model)) ?? this.#add(entry, model);
    }
    return this.#latest.read(entry, index);
  }

  #add(entry: Entry, model: Model): Known {
    const names = namesOf(entry, model);
    const known = { names, read: readerOf(this.#map(names), this.#dialect) };
    if (this.#known.length >= MOST) this.#known.length = 0;
    this.#known.push(known);
    return known;
  }

  #map({ model, filters, columns, extra, rules, companions }: Names): Mapping {
    const statement = new Columns(model, this.#dialect);
    if (filters.length === 0)
      throw unmapped(model, 'an entry without filters would be for every row of the table');
    const keys = filters.map((name) => ({ name, column: statement.takeKey(name) }));
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
    const sums = statement.takeSums(columns);
    const extras = statement.takeExtra(extra, rules);
    const fields = [...sums, ...extras, ...statement.takeCompanions(companions, extras)];
    fields.sort((a, b) => byColumn(a.field, b.field));
    keys.sort(byColumn);
    return {
      layout: layoutOf(
        model,
        keys.map(({ column }) => column),
        fields.map(({ field }) => field),
      ),
      filters: keys.map(({ name }) => name),
      sources: fields.map(({ source }) => source),
    };
  }
}

interface Assigned {
  readonly field: Field;
  readonly source: Source;
}

function layoutOf(model: Model, keys: readonly string[], fields: readonly Field[]): Layout {
  const place = JSON.stringify([model.table, keys]);
  const given = [...model.onInsert].map(([column, value]) => [column, typeof value, textOf(value)]);
  const name = JSON.stringify([place, fields, given]);
  return { place, name, model, keys, fields };
}

/** JSON has no bigints. */
function textOf(value: Sent): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
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
    companions: extra.flatMap((of) => companionsOf(entry, of)),
  };
}

/** What an entry has as an extra comes first: then it is no companion. */
function companionsOf({ extra }: Entry, of: string): Companion[] {
  const names = Object.keys(extra[of]?.companions ?? {}).filter((name) => extra[name] === undefined);
  // Scripts keep them in any order.
  return names.sort().map((name) => ({ name, of }));
}

function fits(names: Names, entry: Entry, model: Model): boolean {
  return (
    names.model === model &&
    areNamesOf(entry.filters, names.filters) &&
    areNamesOf(entry.columns, names.columns) &&
    areNamesOf(entry.extra, names.extra) &&
    names.extra.every((name, i) => entry.extra[name]?.rule === names.rules[i]) &&
    areCompanionsOf(entry, names)
  );
}

function areCompanionsOf(entry: Entry, { extra, companions }: Names): boolean {
  if (companions.length === 0 && extra.every((name) => entry.extra[name]?.companions === undefined))
    return true;
  const own = extra.flatMap((of) => companionsOf(entry, of));
  return (
    own.length === companions.length &&
    own.every(({ name, of }, i) => name === companions[i]?.name && of === companions[i]?.of)
  );
}

function areNamesOf(object: object, names: readonly string[]): boolean {
  const own = Object.keys(object);
  return own.length === names.length && own.every((name, i) => name === names[i]);
}

type Role = 'filter' | 'column' | 'extra';

/** Finds the columns of one statement, each of which has one use. */
class Columns {
  readonly #model: Model;
  readonly #dialect: SqlDialect;
  readonly #taken: string[] = [];

  constructor(model: Model, dialect: SqlDialect) {
    this.#model = model;
    this.#dialect = dialect;
  }

  takeKey(name: string): string {
    const { keys } = this.#model;
    return this.#take('filter', name, keys === undefined ? name : this.#listed('filter', name, keys));
  }

  /** Several names may be for one column: while old producers run, a column has its old name and its new one. */
  takeSums(names: readonly string[]): Assigned[] {
    const { columns } = this.#model;
    const sums: { readonly sum: SumColumn; readonly names: string[] }[] = [];
    for (const name of names) {
      const sum = columns === undefined ? plainSum(name) : this.#listed('column', name, columns);
      const known = sums.find((one) => this.#isSame(one.sum.column, sum.column));
      if (known !== undefined) known.names.push(name);
      else {
        this.#take('column', name, sum.column);
        sums.push({ sum, names: [name] });
      }
    }
    return sums.map(({ sum, names }) => ({
      field: { rule: 'sum', ...sum },
      source: { part: 'columns', names, scale: sum.scale },
    }));
  }

  /** Of names for one column with one rule the value that the rule keeps stays; the last is that of the name listed last. */
  takeExtra(names: readonly string[], rules: readonly Rule[]): Assigned[] {
    const { extra } = this.#model;
    const fields: { readonly column: string; readonly rule: Rule; readonly names: string[] }[] = [];
    for (const [i, name] of names.entries()) {
      const column = extra === undefined ? name : this.#listed('extra', name, extra);
      const rule = rules[i] as Rule;
      const known = fields.find((one) => one.rule === rule && this.#isSame(one.column, column));
      if (known !== undefined) known.names.push(name);
      else fields.push({ column: this.#take('extra', name, column), rule, names: [name] });
    }
    const listed = [...(extra?.keys() ?? [])];
    return fields.map(({ column, rule, names }) => ({
      field: { column, rule },
      source: { part: 'extra', rule, names: names.sort((a, b) => listed.indexOf(a) - listed.indexOf(b)) },
    }));
  }

  takeCompanions(companions: readonly Companion[], extras: readonly Assigned[]): Assigned[] {
    const { extra } = this.#model;
    const fields: { readonly field: CompanionField; readonly from: Companion[] }[] = [];
    for (const { name, of } of companions) {
      const column = extra === undefined ? name : this.#listed('extra', name, extra);
      const its = extras.find(({ source }) => source.part === 'extra' && source.names.includes(of))?.field;
      if (its?.rule !== 'max' && its?.rule !== 'min') throw this.#unranked(name, of);
      const ranked = { column: its.column, rule: its.rule };
      const known = fields.find(
        ({ field }) => this.#isSame(field.column, column) && this.#isSame(field.of.column, ranked.column),
      );
      if (known !== undefined) known.from.push({ name, of });
      else {
        const field = { rule: 'companion', column: this.#take('extra', name, column), of: ranked } as const;
        fields.push({ field, from: [{ name, of }] });
      }
    }
    return fields.map(({ field, from }) => ({
      field,
      source: { part: 'companions', rule: field.of.rule, from },
    }));
  }

  #unranked(name: string, of: string): UnmappedEntry {
    return unmapped(
      this.#model,
      `the extra ${quote(name)} came with ${quote(of)}, which has neither max nor min`,
    );
  }

  #listed<T>(role: Role, name: string, names: ReadonlyMap<string, T>): T {
    const column = names.get(name);
    if (column !== undefined) return column;
    throw unknown(
      this.#model,
      `the ${role} ${quote(name)} is not mapped; mapped are ${listed(names.keys())}`,
    );
  }

  #take(role: Role, name: string, column: string): string {
    const problem = this.#dialect.problemOfName(column);
    if (problem !== undefined) throw unmapped(this.#model, `the ${role} ${quote(name)} ${problem}`);
    if (this.#taken.some((other) => this.#isSame(other, column)))
      throw unmapped(this.#model, `two values are for the column ${quote(column)}`);
    this.#taken.push(column);
    return column;
  }

  #isSame(a: string, b: string): boolean {
    return this.#dialect.catalogue.isSameName(a, b);
  }
}
