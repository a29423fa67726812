import { type RawBuilder, sql } from 'kysely';
import type { Group } from '../../plan/groups.js';
import type { Field } from '../../plan/layout.js';
import type { Row } from '../../plan/row.js';
import type { ColumnInfo, TableInfo } from '../../setup/catalogue.js';
import type { Match } from '../dialect.js';
import { RULES, rankedBy } from '../rules.js';
import type { Sent } from '../values.js';

type Sql = RawBuilder<unknown>;

const id = (...parts: readonly string[]): Sql => sql.id(...parts);

// Each row of the table is compared with each entry of a statement.
export const MOST_COMPARED = 50;
const MOST_INSERTED = 1000;

// The server's max_allowed_packet may be as little as a megabyte, and a driver may write a byte as two.
const MOST_BYTES = 256 * 1024;

/** Parts of a group that fit into a statement. */
export function chunksOf(group: Group, most = MOST_INSERTED): Group[] {
  const chunks: [Row, ...Row[]][] = [];
  let bytes = 0;
  for (const row of group) {
    const size = sizeOf(row);
    const chunk = chunks.at(-1);
    bytes += size;
    if (chunk !== undefined && chunk.length < most && bytes <= MOST_BYTES) {
      chunk.push(row);
    } else {
      chunks.push([row]);
      bytes = size;
    }
  }
  return chunks;
}

/** A statement has each key once for every column, and to find its row; a value is compared and then written. */
function sizeOf({ layout, keyValues, values, cameWith }: Row): number {
  return bytesOf(keyValues) * (layout.fields.length + 2) + bytesOf(values) * 3 + bytesOf(cameWith);
}

function bytesOf(values: readonly (Sent | undefined)[]): number {
  let bytes = 0;
  for (const value of values) {
    const sent = parameter(value ?? null);
    bytes += typeof sent === 'string' ? Buffer.byteLength(sent) : 8;
  }
  return bytes;
}

/**
 * Locks the rows of a group in key order, and says for each which entry is the first that is for it. Values are compared
 * with the column itself: in a list of values that is joined they would lose its collation and its index.
 */
export function findRows(group: Group, table: TableInfo | undefined): RawBuilder<Match> {
  const { model, keys } = group[0].layout;
  const columns = keys.map((key) => id('t', key));
  return sql`
    select
      ${whichOf(group, table, (_, ord) => sql.lit(ord))} as ord,
      concat_ws(',', ${sql.join(columns.map(nameOf))}) as found
    from ${id(...model.table)} as t
    where ${anyOf(group, table)}
    order by ${sql.join(columns)}
    for update
  `;
}

/** A key as text that differs between keys; drivers would make buffers of bytes. */
function nameOf(column: Sql): Sql {
  return sql`coalesce(hex(concat(${column})), 'null')`;
}

/** Changes rows, of which each matches one entry at most. */
export function updateRows(group: Group, table: TableInfo | undefined): Sql {
  const { model, fields } = group[0].layout;
  const changes = fields.map((field, i) => {
    const ranked = rankedBy(field).column;
    const next = ({ values, cameWith }: Row): Sql =>
      RULES[field.rule].next(id('t', field.column), addend(field, values[i] ?? null), field, {
        value: asRanked(
          (field.rule === 'companion' ? cameWith[i] : values[i]) ?? null,
          typeOf(ranked, table),
        ),
        old: id('t', ranked),
        operand: (operand) => (isText(ranked, table) ? inBytes(operand) : operand),
      });
    return { field, change: sql`${id('t', field.column)} = ${whichOf(group, table, next)}` };
  });
  // What is set first is seen by what is set later.
  const isCompanion = ({ field }: { readonly field: Field }): number => (field.rule === 'companion' ? 0 : 1);
  changes.sort((a, b) => isCompanion(a) - isCompanion(b));
  return sql`
    update ${id(...model.table)} as t
    set ${sql.join(changes.map(({ change }) => change))}
    where ${anyOf(group, table)}
  `;
}

/** Text would be added as a number that is rounded; and less than 0 is more than unsigned numbers have on the way to a floor. */
function addend(field: Field, value: Sent): Sql {
  const sent = sql`${parameter(value)}`;
  if (field.rule !== 'sum' || (typeof value === 'number' && field.min === undefined)) return sent;
  return sql`cast(${sent} as decimal(65, ${sql.lit(field.scale)}))`;
}

export function isText(column: string, table: TableInfo | undefined): boolean {
  return /char|text|^enum/.test(typeOf(column, table) ?? '');
}

export function inBytes(text: Sql): Sql {
  return sql`cast(convert(${text} using utf8mb4) as binary)`;
}

function typeOf(column: string, table: TableInfo | undefined): string | undefined {
  return infoOf(column, table)?.type;
}

export function infoOf(column: string, table: TableInfo | undefined): ColumnInfo | undefined {
  return table?.columns.find(({ name }) => name.toLowerCase() === column.toLowerCase());
}

/** Keys are sent as they are compared: bits would take the digits of a number for letters. */
export function insertRows(group: Group, table: TableInfo | undefined): Sql {
  const { model, keys, fields } = group[0].layout;
  const columns = [...keys, ...fields.map(({ column }) => column)].map((column) => id(column));
  const rows = group.map(({ keyValues, values }) => {
    const given = keyValues.map((value, i) =>
      value === null ? sql`null` : asColumn(value, typeOf(keys[i] ?? '', table)),
    );
    return sql`(${sql.join([...given, ...values.map((value) => sql`${parameter(value)}`)])})`;
  });
  return sql`
    insert into ${id(...model.table)} (${sql.join(columns)})
    values ${sql.join(rows)}
  `;
}

/** What an expression is for the entry whose row it is. */
function whichOf(group: Group, table: TableInfo | undefined, value: (row: Row, ord: number) => Sql): Sql {
  if (group.length === 1) return value(group[0], 0);
  const cases = group.map((row, ord) => sql`when ${isRow(row, table)} then ${value(row, ord)}`);
  return sql`case ${sql.join(cases, sql` `)} end`;
}

function anyOf(group: Group, table: TableInfo | undefined): Sql {
  return sql.join(
    group.map((row) => sql`(${isRow(row, table)})`),
    sql` or `,
  );
}

function isRow({ layout, keyValues }: Row, table: TableInfo | undefined): Sql {
  const terms = layout.keys.map((key, i) => {
    const value = keyValues[i] ?? null;
    if (value === null) return sql`${id('t', key)} is null`;
    return sql`${id('t', key)} = ${asColumn(value, typeOf(key, table))}`;
  });
  return sql.join(terms, sql` and `);
}

/**
 * A value as it would be in a column. As text it is compared by the column's collation, where a number would be compared
 * with every text as a number; types that round are named. A number picks a member of a list by its place, and the year 0
 * is another one than '0'.
 */
function asColumn(value: Sent, type = ''): Sql {
  const sent = parameter(value);
  if (typeof sent === 'number' && /^(enum|set|year)\b/.test(type)) return sql`${sent}`;
  const text = sql`${stripped(String(sent), type)}`;
  const [, length] = /^binary\((\d+)\)/.exec(type) ?? [];
  // A cast would also cut what is too long.
  if (length !== undefined)
    return sql`rpad(${text}, greatest(${sql.lit(Number(length))}, length(${text})), 0x00)`;
  const cast =
    castOf(type) ?? (/int\b/.test(type) && /^-?\d*\.\d+$/.test(String(sent)) ? 'decimal(65)' : undefined);
  return cast === undefined ? text : sql`cast(${text} as ${sql.raw(cast)})`;
}

/** Without the spaces at its end that a column drops, whatever its collation says of them. */
function stripped(text: string, type: string): string {
  const [, name, length] = /^(char|varchar)\((\d+)\)/.exec(type) ?? [];
  if (name === undefined) return text;
  const end = text.replace(/ +$/, '');
  if (name === 'char') return end;
  const spaces = Math.max(0, Number(length) - [...end].length);
  return text.slice(0, end.length + spaces);
}

/** A value as it is compared: as its column would hold it, and digits as a number that is not rounded. */
function asRanked(value: Sent, type = ''): Sql {
  const sent = sql`${parameter(value)}`;
  // One that is too large for the column may lose all the same.
  const scale = /^decimal\(\d+,(\d+)\)/.exec(type)?.[1];
  const isLong = /int\b/.test(type) && typeof value === 'string';
  const cast = scale !== undefined ? `decimal(65, ${scale})` : isLong ? 'decimal(65)' : castOf(type);
  return cast === undefined || value === null ? sent : sql`cast(${sent} as ${sql.raw(cast)})`;
}

/** The same for text of which only the column is known. */
export function rankedAs(text: Sql, type = ''): Sql {
  const cast = /int\b/.test(type) ? 'decimal(65)' : castOf(type);
  return cast === undefined ? text : sql`cast(${text} as ${sql.raw(cast)})`;
}

/** How text is read as a column would round it, where it does. */
function castOf(type: string): string | undefined {
  const [, name, precision] =
    /^(decimal|float|bit|datetime|timestamp|date|time)\b(\([\d,]+\))?/.exec(type) ?? [];
  if (name === 'bit') return 'unsigned';
  if (name === undefined || name === 'float') return name;
  return `${name === 'timestamp' ? 'datetime' : name}${precision ?? ''}`;
}

/** A value as one parameter of a statement. */
export function parameter(value: Sent): string | number | null {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'bigint') return String(value);
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : value;
}
