import { type Kysely, sql } from 'kysely';
import type { Catalogue, ColumnInfo, TableInfo, UniqueIndex } from '../../setup/catalogue.js';
import { indexesOf, indexName } from '../../setup/indexes.js';
import { findInCauses } from '../failures.js';

// No such table, no such column, a column that an insert must name, a view, a generated column.
const SUSPECT = new Set([1146, 1054, 1364, 1288, 1471, 1906, 3105]);
// A right to a database, a table, a column or a routine.
const DENIED = new Set([1044, 1142, 1143, 1227, 1370]);
// The server, or the transaction.
const READONLY = new Set([1290, 1792, 1836]);

// The disk, or the table.
const FULL = new Set([3, 1021, 1114]);

const NUMBERS = new Set(['tinyint', 'smallint', 'mediumint', 'int', 'bigint', 'decimal', 'float', 'double']);

// To anything else, such as text, numbers are added as doubles.
const WHOLE = new Set([...NUMBERS, 'bit', 'year']);

export const mysqlCatalogue: Catalogue = {
  async describe(db, table): Promise<TableInfo | undefined> {
    const relation = await find(db, table);
    if (relation === undefined) return undefined;
    const isView = relation.type === 'VIEW';
    const isBare = relation.transactions !== null && relation.transactions !== 'YES';
    const columns = await columnsOf(db, table);
    const isWritable = !isView || (await isUpdatable(db, table));
    return {
      columns: columns.map(infoOf),
      uniques: isView ? undefined : await uniquesOf(db, table, columns),
      isPlain: relation.type === 'BASE TABLE' && (await readsLists(db)),
      isLockable: true,
      isWritable: () => isWritable,
      ...(isBare && { engineWithoutTransactions: String(relation.engine) }),
    };
  },

  async tablesBeside(db, table) {
    const { rows } = await sql<{ name: string }>`
      select t.table_name as ${sql.id('name')}
      from information_schema.tables t
      where t.table_schema = coalesce(${table.at(-2) ?? null}, database())
      order by 1
    `.execute(db);
    return rows.map(({ name }) => name);
  },

  async hasIndex(db, table, index) {
    const { rows } = await sql`
      select 1
      from information_schema.statistics t
      where ${of(table)}
        and t.index_name = ${index}
      limit 1
    `.execute(db);
    return rows.length > 0;
  },

  isDenied: ({ errno }) => DENIED.has(Number(errno)),

  suspicionOf({ errno }) {
    const number = Number(errno);
    if (READONLY.has(number)) return 'readonly';
    if (FULL.has(number)) return 'full';
    if (DENIED.has(number)) return 'denied';
    return SUSPECT.has(number) ? 'suspect' : undefined;
  },

  isSameName: (a, b) => a.toLowerCase() === b.toLowerCase(),
  async isHidden(db, table, columns) {
    for (const column of columns) {
      try {
        await sql`select ${sql.id(column)} from ${sql.id(...table)} limit 0`.execute(db);
      } catch (error) {
        if (findInCauses(error, mysqlCatalogue.isDenied)) return true;
      }
    }
    return false;
  },
  hidesTables: true,
  decimalType: (scale) => `decimal(${scale + 20}, ${scale})`,
  createUnique: (table, columns) => {
    const name = sql.id(indexName(table, columns, 64));
    const list = sql.join(columns.map((column) => sql.id(column)));
    return sql`create unique index ${name} on ${sql.id(...table)} (${list})`;
  },
};

/**
 * Picks the rows of a table in a view of the information schema, which shows what the user has a right to. Each of these views
 * is asked alone: for a join, MariaDB opens every table of the server.
 */
function of(table: readonly string[]) {
  return sql`t.table_name = ${table.at(-1)} and t.table_schema = coalesce(${table.at(-2) ?? null}, database())`;
}

/** Whether the server reads JSON as a table: MySQL 8, MariaDB 10.6. */
async function readsLists(db: Kysely<unknown>): Promise<boolean> {
  try {
    await sql`select u.n from json_table('[1]', '$[*]' columns (n integer path '$')) as u`.execute(db);
    return true;
  } catch {
    return false;
  }
}

interface Relation {
  readonly type: string;
  readonly engine: string | null;
  readonly transactions: string | null;
}

async function find(db: Kysely<unknown>, table: readonly string[]): Promise<Relation | undefined> {
  const { rows } = await sql<Relation>`
    select
      t.table_type as ${sql.id('type')},
      t.engine as ${sql.id('engine')},
      (select e.transactions from information_schema.engines e where e.engine = t.engine)
        as ${sql.id('transactions')}
    from information_schema.tables t
    where ${of(table)}
  `.execute(db);
  return rows[0];
}

async function isUpdatable(db: Kysely<unknown>, view: readonly string[]): Promise<boolean> {
  const { rows } = await sql<{ updatable: string }>`
    select t.is_updatable as ${sql.id('updatable')}
    from information_schema.views t
    where ${of(view)}
  `.execute(db);
  return rows[0]?.updatable !== 'NO';
}

interface Column {
  readonly name: string;
  readonly type: string;
  readonly base: string;
  readonly scale: unknown;
  readonly collation: string | null;
  readonly computed: string | null;
  readonly required: number;
}

async function columnsOf(db: Kysely<unknown>, table: readonly string[]): Promise<Column[]> {
  const { rows } = await sql<Column>`
    select
      t.column_name as ${sql.id('name')},
      t.column_type as ${sql.id('type')},
      t.data_type as ${sql.id('base')},
      t.numeric_scale as ${sql.id('scale')},
      t.collation_name as ${sql.id('collation')},
      nullif(t.generation_expression, '') as ${sql.id('computed')},
      t.is_nullable = 'NO'
        and t.column_default is null
        and t.extra not like '%auto_increment%' as ${sql.id('required')}
    from information_schema.columns t
    where ${of(table)}
    order by t.ordinal_position
  `.execute(db);
  return rows;
}

function infoOf({ name, type, base, scale, collation, computed, required }: Column): ColumnInfo {
  return {
    name,
    type,
    base,
    ...(collation !== null && { collation }),
    takesSums: NUMBERS.has(base),
    decimals: base === 'decimal' ? Number(scale) : WHOLE.has(base) ? 0 : -1,
    hasOrder: !/geo|point|line|polygon/.test(base),
    isGenerated: computed !== null,
    isRequired: Number(required) === 1 && computed === null,
  };
}

/**
 * An index on an expression, on a computed column, or on the beginning of a column, has keys that differ from those of the
 * table. What a column is computed from stands for it.
 */
async function uniquesOf(
  db: Kysely<unknown>,
  table: readonly string[],
  columns: readonly Column[],
): Promise<UniqueIndex[]> {
  const { rows } = await sql<{ index: string; column: string | null; part: unknown }>`
    select
      t.index_name as ${sql.id('index')},
      t.column_name as ${sql.id('column')},
      t.sub_part as ${sql.id('part')}
    from information_schema.statistics t
    where t.non_unique = 0
      and ${of(table)}
    order by t.index_name, t.seq_in_index
  `.execute(db);
  const computedOf = new Map(columns.map(({ name, computed }) => [name, computed]));
  const parts = rows
    .map((row) => ({ ...row, computed: computedOf.get(row.column ?? '') ?? null }))
    // MariaDB adds the end of a version to each index; rows that are there have none.
    .filter(({ computed }) => computed !== 'ROW END');
  const special = new Set(
    parts
      .filter(({ column, part, computed }) => column === null || part !== null || computed !== null)
      .map(({ index }) => index),
  );
  const sources = parts.flatMap(({ index, column, computed }) =>
    computed === null ? [{ index, column }] : namesIn(computed).map((name) => ({ index, column: name })),
  );
  return indexesOf(sources).map(({ index, columns }) => ({
    name: index,
    columns,
    isPlain: !special.has(index),
  }));
}

/** The columns that an expression has, as the server writes it. */
function namesIn(expression: string): string[] {
  const quoted = expression.matchAll(/`((?:[^`]|``)+)`/g);
  return [...quoted].map(([, name = '']) => name.replaceAll('``', '`'));
}
