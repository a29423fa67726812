import type { Kysely, RawBuilder } from 'kysely';

/** What a database says about a table. */
export interface TableInfo {
  readonly columns: readonly ColumnInfo[];
  /** The unique indexes; `undefined` where they are not known, as for views. */
  readonly uniques: readonly UniqueIndex[] | undefined;
  /** Whether rows can be written in this mode: some views take none, or only updates. */
  isWritable(mode: 'upsert' | 'update'): boolean;
  /**
   * Whether one statement can be for all entries: it has its rows itself, no trigger or rule may do something else instead
   * of a change, and the server reads lists of rows.
   */
  readonly isPlain: boolean;
  /** Whether its rows can be locked: a view that triggers write to may have none of its own. */
  readonly isLockable: boolean;
  /** The engine, if a rollback would leave its rows as they are. */
  readonly engineWithoutTransactions?: string;
  /** The rights that the current user lacks, and the user. Left out where that is not known. */
  readonly lacking?: { readonly user: string; readonly rights: readonly Right[] };
}

export interface UniqueIndex {
  /** Left out where statements do not name indexes. */
  readonly name?: string;
  /** All columns that decide whether a row is the same, those of conditions and expressions included, where known. */
  readonly columns: readonly string[];
  /** Whether it has no condition and no expression, so that rows with the same columns never are two. */
  readonly isPlain: boolean;
}

export type Right = 'select' | 'insert' | 'update' | 'delete';

export interface ColumnInfo {
  readonly name: string;
  /** As a declaration would say it. */
  readonly type: string;
  /** The type behind a domain, as a cast would say it. */
  readonly base: string;
  /** The same with what rounds its values: the digits of a number, the fractions of a second. */
  readonly rounded?: string;
  /** How text is compared, where the type does not say it. */
  readonly collation?: string;
  readonly takesSums: boolean;
  /** How many digits after the point of a sum it keeps; below 0 it rounds whole numbers, or takes none. */
  readonly decimals: number;
  /** Whether `max()` compares its values as text, members of an enum too. Left out where the type says it. */
  readonly isText?: boolean;
  /** Whether `>` compares its values. */
  readonly hasOrder: boolean;
  /** The schema of the operators that compare its values, quoted, where the search path may lead to others, or to none. */
  readonly comparedIn?: string | null;
  /** Computed by the database: it cannot be written. */
  readonly isGenerated: boolean;
  /** NOT NULL, and without a default: an insert must name it. */
  readonly isRequired: boolean;
  /** The rights to this column that the current user lacks. Left out where that is not known. */
  readonly lacking?: readonly Right[];
  /** What draws its default and the current user may not use. */
  readonly closedSequence?: string | null;
}

/**
 * What an error says about the set-up. `suspect`: the tables, or the rights to them, may be at fault, and the catalogue
 * knows. `denied`: a right is missing, and the catalogue may show which. `readonly`: nothing can be written. `full`: there is
 * no room.
 */
export type Suspicion = 'suspect' | 'denied' | 'readonly' | 'full';

/** What differs between databases when tables are looked at. */
export interface Catalogue {
  /** Describes a table; `undefined` if there is none. */
  describe(db: Kysely<unknown>, table: readonly string[]): Promise<TableInfo | undefined>;
  /** The names of the tables and views beside a table, whether or not it exists. */
  tablesBeside(db: Kysely<unknown>, table: readonly string[]): Promise<string[]>;
  /** Whether an index of this name belongs to the table. */
  hasIndex(db: Kysely<unknown>, table: readonly string[], index: string): Promise<boolean>;
  /** Whether the user lacks a right to do what failed. */
  isDenied(error: Readonly<Record<string, unknown>>): boolean;
  /** What an error of the driver says about the set-up, if anything. */
  suspicionOf(error: Readonly<Record<string, unknown>>): Suspicion | undefined;
  /** Whether two names mean the same column. */
  isSameName(a: string, b: string): boolean;
  /** Whether a table, or one of these columns, may be there all the same when it seems to be missing: without a right to it. */
  isHidden(db: Kysely<unknown>, table: readonly string[], columns: readonly string[]): Promise<boolean>;
  /** Whether a table to which the user has no right looks like one that is not there. */
  readonly hidesTables: boolean;
  /** A type that keeps decimals of so many digits after the point, for messages. */
  decimalType(scale: number): string;
  createUnique(table: readonly string[], columns: readonly string[]): RawBuilder<unknown>;
}

/** Whether a table never has two rows with the same keys, as far as they are not NULL. */
export function isUniqueFor(
  info: TableInfo | undefined,
  keys: readonly string[],
  catalogue: Pick<Catalogue, 'isSameName'>,
): boolean {
  return uniqueFor(info, keys, catalogue) !== undefined;
}

/** The index that keeps a second row with the same keys out. */
export function uniqueFor(
  info: TableInfo | undefined,
  keys: readonly string[],
  { isSameName }: Pick<Catalogue, 'isSameName'>,
): UniqueIndex | undefined {
  const isKey = (column: string): boolean => keys.some((key) => isSameName(key, column));
  return info?.uniques?.find(({ columns, isPlain }) => isPlain && columns.every(isKey));
}
