import { type Kysely, sql } from 'kysely';
import type { Catalogue, ColumnInfo, TableInfo, UniqueIndex } from '../../setup/catalogue.js';
import { indexesOf, indexName } from '../../setup/indexes.js';
import { nameOfError } from './errors.js';

export const sqliteCatalogue: Catalogue = {
  async describe(db, table): Promise<TableInfo | undefined> {
    const relation = await find(db, table);
    if (relation === undefined) return undefined;
    const columns = await columnsOf(db, table);
    const isView = relation.type === 'view';
    const isWritable = !isView || (await hasTrigger(db, table));
    const keys = columns.filter(({ pk }) => Number(pk) > 0).map(({ name }) => name);
    return {
      columns: columns.map((column) => columnInfo(column, keys, Number(relation.strict) === 1)),
      // An "integer primary key" is the row's own number, and has no index.
      uniques: isView ? undefined : [...primaryKey(keys), ...(await uniquesOf(db, table, columns))],
      isPlain: false,
      isLockable: true,
      isWritable: () => isWritable,
    };
  },

  async tablesBeside(db, table) {
    const { rows } = await sql<{ name: string }>`
      select name
      from pragma_table_list
      where schema = ${table.at(-2) ?? 'main'}
        and name not like 'sqlite\\_%' escape '\\'
      order by name
    `.execute(db);
    return rows.map(({ name }) => name);
  },

  async hasIndex(db, table, index) {
    const { rows } = await sql`
      select 1
      from pragma_index_list(${of(table)})
      where lower(name) = lower(${index})
    `.execute(db);
    return rows.length > 0;
  },

  isDenied: () => false,

  suspicionOf(error) {
    const name = nameOfError(error);
    if (name?.startsWith('SQLITE_READONLY')) return 'readonly';
    if (name === 'SQLITE_FULL') return 'full';
    const isUnnamed =
      name?.startsWith('SQLITE_CONSTRAINT') && /NOT NULL constraint/.test(String(error.message));
    return name === 'SQLITE_ERROR' || isUnnamed ? 'suspect' : undefined;
  },

  isSameName: (a, b) => inLowerCase(a) === inLowerCase(b),
  isHidden: async () => false,
  hidesTables: false,
  // Numbers with a point are rounded.
  decimalType: () => 'text',
  createUnique: (table, columns) => {
    const name = sql.id(...table.slice(0, -1), indexName(table, columns, 200));
    const list = sql.join(columns.map((column) => sql.id(column)));
    return sql`create unique index ${name} on ${sql.id(...table.slice(-1))} (${list})`;
  },
};

// As many as 64 bits have.
const MOST_DIGITS = 18;

/** SQLite takes capitals for small letters in ASCII alone. */
function inLowerCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** The arguments of a pragma: SQLite takes a schema that is NULL for all of them. */
function of(table: readonly string[]) {
  return sql`${table.at(-1)}, ${table.at(-2) ?? null}`;
}

async function find(
  db: Kysely<unknown>,
  table: readonly string[],
): Promise<{ type: string; strict: unknown } | undefined> {
  const { rows } = await sql<{ type: string; strict: unknown }>`
    select type, strict
    from pragma_table_list(${table.at(-1)})
    where schema = coalesce(${table.at(-2) ?? null}, schema)
  `.execute(db);
  return rows[0];
}

async function hasTrigger(db: Kysely<unknown>, table: readonly string[]): Promise<boolean> {
  const schema = sql.id(...table.slice(-2, -1), 'sqlite_master');
  const { rows } = await sql`
    select 1
    from ${schema}
    where type = 'trigger'
      and lower(tbl_name) = lower(${table.at(-1)})
  `.execute(db);
  return rows.length > 0;
}

interface Column {
  readonly name: string;
  readonly type: string;
  readonly notnull: unknown;
  readonly dflt_value: unknown;
  readonly pk: unknown;
  readonly hidden: unknown;
}

async function columnsOf(db: Kysely<unknown>, table: readonly string[]): Promise<Column[]> {
  const { rows } = await sql<Column>`
    select name, type, "notnull", dflt_value, pk, hidden
    from pragma_table_xinfo(${of(table)})
  `.execute(db);
  return rows;
}

function isComputed({ hidden }: Pick<Column, 'hidden'>): boolean {
  return Number(hidden) > 1;
}

function columnInfo(
  { name, type, notnull, dflt_value, pk, hidden }: Column,
  keys: readonly string[],
  isStrict: boolean,
): ColumnInfo {
  const isRowNumber = Number(pk) > 0 && keys.length === 1 && /^integer$/i.test(type);
  const isGenerated = isComputed({ hidden });
  return {
    name,
    type: type === '' ? 'no type' : type,
    base: type,
    takesSums: takesSums(type, isStrict),
    decimals: isText(type) ? MOST_DIGITS : 0,
    hasOrder: true,
    isGenerated,
    isRequired: Number(notnull) === 1 && dflt_value === null && !isRowNumber && !isGenerated,
  };
}

/** A column that is declared as text turns numbers into text; the rules are SQLite's. */
export function isText(type: string): boolean {
  return !/int/i.test(type) && /char|clob|text/i.test(type);
}

function takesSums(type: string, isStrict: boolean): boolean {
  if (/int/i.test(type)) return true;
  return !isText(type) && !(isStrict && /blob/i.test(type));
}

function primaryKey(columns: readonly string[]): UniqueIndex[] {
  return columns.length > 0 ? [{ columns, isPlain: true }] : [];
}

/** Which columns a condition, an expression or a computed column has is not known. */
async function uniquesOf(
  db: Kysely<unknown>,
  table: readonly string[],
  columns: readonly Column[],
): Promise<UniqueIndex[]> {
  const { rows } = await sql<{ index: string; column: string | null; partial: unknown }>`
    select
      l.name as "index",
      x.name as "column",
      l.partial
    from pragma_index_list(${of(table)}) l
    join pragma_index_xinfo(l.name, ${table.at(-2) ?? null}) x
    where l."unique" = 1
      and x.key = 1
    order by l.seq, x.seqno
  `.execute(db);
  const computed = new Set(columns.filter(isComputed).map(({ name }) => name));
  const known = rows.map((row) => (computed.has(row.column ?? '') ? { ...row, column: null } : row));
  const special = new Set(
    known.filter(({ column, partial }) => column === null || Number(partial) === 1).map(({ index }) => index),
  );
  return indexesOf(known).map(({ index, columns }) => ({ columns, isPlain: !special.has(index) }));
}
