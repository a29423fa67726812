import type { AnySchema, ExtraValue } from '@sluice/core';
import type { UpdateType } from 'kysely';

/**
 * The names that increments may use, and the columns they go to: `{ path: 'page_path' }`, or `['path']` where both are
 * the same. Any other name is unknown: see `unknownAfterMs`. Left out, every name is the column of that name.
 */
export type Names<Name extends string = string, Column extends string = string> =
  | readonly (Name & Column)[]
  | ([Name] extends [never] ? never : { readonly [N in Name]?: Column });

/**
 * The names that increments may use, and the columns to which they are added; an object says more than the name of one.
 */
export type Sums<Name extends string = string, Column extends string = string> =
  | readonly (Name & Column)[]
  | ([Name] extends [never] ? never : { readonly [N in Name]?: Column | Sum<N, Column> });

/** How a column is counted. Several names for one column must agree in `min` and `scale`. */
export type Sum<Name extends string = string, Column extends string = string> = {
  /**
   * The column never falls below this many units of increments: it becomes the greater of the two. A batch is added up
   * first, so −5 and +3 in one batch are −2.
   * @default no floor
   */
  readonly min?: number | bigint;
  /**
   * How many digits the column has after the point, from 0 to 18: an increment of 1 adds 10^−scale, exactly. With a scale of
   * 2, `incr('Order', { amount: 1999 }, …)` adds 19.99. In SQLite the column must be text.
   * @default 0
   */
  readonly scale?: number;
} & (string extends Name ? Named<Column> : Name extends Column ? Named<Column> : Required<Named<Column>>);

interface Named<Column> {
  /** The column of the table. By default that of the name. */
  readonly column?: Column;
}

/**
 * Where the entries of a model go. With a database's type, the table is one of its tables and columns are those of the
 * table; with a schema, names are those of the model. Without them any will do.
 */
export type ModelMapping<DB = unknown, S = AnySchema, M = string, T = Table<DB>> =
  string extends TableOf<DB> ? MappingOf<DB, S, M, T> : TypedMapping<DB, S, M, T>;

/** One mapping for each table that may be meant. An array among them would let all columns pass. */
type TypedMapping<DB, S, M, T> = [T] extends [readonly string[]]
  ? MappingOf<DB, S, M, T>
  : T extends readonly string[]
    ? never
    : MappingOf<DB, S, M, T>;

/** What a table may be called in a mapping. */
export type Table<DB> = TableOf<DB> | readonly string[];

/** The table of each model. */
export type Tables<DB, S> = { readonly [M in keyof S & string]: Table<DB> };

/** The mappings of all models, each for its table. */
export type ModelMappings<DB, S, T> = { readonly [M in keyof T]: ModelMapping<DB, S, M, T[M]> } & {
  readonly [M in Exclude<keyof T, keyof S>]: never;
};

interface MappingOf<DB, S, M, T> {
  /** The table; `'schema.table'` names its schema too. An array takes each part as it is, and any table and column. */
  readonly table: T;
  /**
   * `upsert`: a row that is missing is inserted; the table needs a unique index that keeps a second row out. `update`: what becomes
   * of an entry without a row, the option `missing` says.
   * @default 'upsert'
   */
  readonly mode?: 'upsert' | 'update';
  /**
   * Filters to key columns. When given, an entry must have exactly these filters. By default each is the column of its
   * name.
   */
  readonly keys?: Names<FilterOf<S, M>, ColumnOf<DB, T>>;
  /**
   * Columns of increments to columns of the table, which are added to. Several may go to one. `{ likes: { min: 0 } }` gives
   * a column a floor, `{ amount: { scale: 2 } }` digits after the point. A row that is inserted gets the table's defaults
   * in the others. By default each is the column of its name.
   */
  readonly columns?: Sums<SumOf<S, M>, NumberColumnOf<DB, T>>;
  /**
   * Extra values to columns that are assigned, or take the greatest or the least, as each value's rule says. By default
   * each is the column of its name.
   */
  readonly extra?: Names<ExtraOf<S, M>, ColumnOf<DB, T>>;
  /**
   * Values that a row gets when it is inserted, by column of the table, such as `{ created_by: 'sluice' }`. What the entry
   * itself says of a column takes precedence. Not for keys, and not in the mode `update`.
   */
  readonly onInsert?: { readonly [C in ColumnOf<DB, T>]?: ExtraValue };
}

// Kysely<unknown> and Kysely<any> say nothing about tables.
type TableOf<DB> = [keyof DB] extends [never] ? string : keyof DB & string;

type ColumnOf<DB, T> = T extends keyof DB ? keyof DB[T] & string : string;

/** Columns that a number can be written to. */
type NumberColumnOf<DB, T> = T extends keyof DB
  ? string extends keyof DB[T]
    ? string
    : { [C in keyof DB[T]]: TakesNumbers<UpdateType<DB[T][C]>> extends true ? C : never }[keyof DB[T]] &
        string
  : string;

/** Drivers take large numbers as text or bigints; a column that takes Dates takes their text, too, but no numbers. */
type TakesNumbers<Value> = unknown extends Value
  ? true
  : [Extract<Value, number | bigint | string>, Extract<Value, Date>] extends [infer Numbers, never]
    ? [Numbers] extends [never]
      ? false
      : true
    : false;

type FilterOf<S, M> = M extends keyof S
  ? S[M] extends { readonly filters: infer F }
    ? keyof F & string
    : never
  : string;

type SumOf<S, M> = M extends keyof S
  ? S[M] extends { readonly columns: infer C extends string }
    ? C
    : never
  : string;

type ExtraOf<S, M> = M extends keyof S
  ? S[M] extends { readonly extra: infer E }
    ? keyof E & string
    : never
  : string;
