import { type RawBuilder, sql } from 'kysely';
import type { Group } from '../../plan/groups.js';
import type { Field } from '../../plan/layout.js';
import type { Row } from '../../plan/row.js';
import type { TableInfo } from '../../setup/catalogue.js';
import type { Match } from '../dialect.js';
import { rankedBy } from '../rules.js';
import type { Sent } from '../values.js';
import { isText, sqliteCatalogue } from './catalogue.js';
import { SQLITE_RULES } from './rules.js';
import { areTimes, formsOf, inFormOf, isTime } from './times.js';

type Sql = RawBuilder<unknown>;

const id = (...parts: readonly string[]): Sql => sql.id(...parts);

/** Says which entry is for which row. There is one writer at a time, so nothing has to be locked. */
export function findRows(group: Group): RawBuilder<Match> {
  const { model, keys } = group[0].layout;
  const found = sql.join(
    keys.map((key) => sql`quote(${id('t', key)})`),
    sql` || ',' || `,
  );
  // A cross join fixes which table is the outer one.
  return sql`
    select
      ${id('u', 'ord')},
      ${found} as ${id('found')}
    from ${source(group, keys.length, ({ keyValues }) => keyValues)}
    cross join ${id(...model.table)} as ${id('t')}
    where ${matches(group)}
  `;
}

/** Changes rows, of which each matches one entry at most. "or abort" is as below. */
export function updateRows(group: Group): Sql {
  const { model, keys, fields } = group[0].layout;
  const changes = fields.map((field, i) => {
    const at = keys.length + i;
    const next = SQLITE_RULES[field.rule].next(id('t', field.column), given(field, at), field, {
      value: id('u', `c${field.rule === 'companion' ? at + fields.length : at}`),
      old: id('t', rankedBy(field).column),
      operand: (operand) => sql`${operand} collate binary`,
    });
    return sql`${id(field.column)} = ${next}`;
  });
  return sql`
    update or abort ${id(...model.table)} as ${id('t')}
    set ${sql.join(changes)}
    from ${source(group, keys.length + fields.length + group[0].cameWith.length, rankedValuesOf)}
    where ${matches(group)}
  `;
}

/** "or abort" takes precedence over what the table says of its constraints, which might be to replace the other row. */
export function insertRows(group: Group, table: TableInfo | undefined): Sql {
  const { model, keys, fields } = group[0].layout;
  const columns = [...keys, ...fields.map(({ column }) => column)];
  const values = [
    ...keys.map((_, i) => id('u', `c${i}`)),
    ...fields.map((field, i) => given(field, keys.length + i)),
  ];
  const hasTimes = columns.map((_, i) => group.some((row) => isTime(valuesOf(row)[i] ?? null)));
  const inForm = values.map((value, i) => {
    const column = columns[i] ?? '';
    return hasTimes[i] && keepsNumbers(column, table) ? besideOthers(value, column, model.table) : value;
  });
  return sql`
    insert or abort into ${id(...model.table)} (${sql.join(columns.map((column) => id(column)))})
    select ${sql.join(inForm)}
    from ${source(group, columns.length, valuesOf)}
  `;
}

/** Whether a column may have numbers, which others turn into text. */
function keepsNumbers(column: string, table: TableInfo | undefined): boolean {
  const info = table?.columns.find(({ name }) => sqliteCatalogue.isSameName(name, column));
  return info !== undefined && !isText(info.base);
}

/** A time in the form in which another row has it. */
function besideOthers(value: Sql, column: string, table: readonly string[]): Sql {
  const other = sql`(select ${id(column)} from ${id(...table)} where ${id(column)} is not null limit 1)`;
  return sql`case when ${areTimes(other, value)} then ${inFormOf(other, value)} else ${value} end`;
}

/** Digits would be added as a number that is rounded, and kept as text by a column without a type. */
function given(field: Field, i: number): Sql {
  const value = id('u', `c${i}`);
  return field.rule === 'sum' && field.scale === 0 ? sql`cast(${value} as integer)` : value;
}

/** NULL equals nothing: which keys are NULL is part of a group. */
function matches(group: Group): Sql {
  const [{ layout, keyValues }] = group;
  const terms = layout.keys.map((key, i) => {
    const [column, value] = [id('t', key), id('u', `c${i}`)];
    if (keyValues[i] === null) return sql`${column} is null`;
    const hasTimes = group.some((row) => isTime(row.keyValues[i] ?? null));
    return hasTimes ? sql`${column} in (${formsOf(value)})` : sql`${column} = ${value}`;
  });
  return sql.join(terms, sql` and `);
}

const valuesOf = ({ keyValues, values }: Row): readonly Sent[] => [...keyValues, ...values];
const rankedValuesOf = (row: Row): readonly unknown[] => [...valuesOf(row), ...row.cameWith];

/**
 * The rows of a group as a table `u` with columns `c0`, `c1`, …, from one parameter of JSON. They are expressions, so that
 * the other side of a comparison says how they are read: beside a column, a number would not be the text of it.
 */
function source(group: Group, width: number, read: (row: Row) => readonly unknown[]): Sql {
  const columns = Array.from(
    { length: width },
    (_, i) => sql`${width === 1 ? sql`+value` : sql`value ->> ${sql.lit(i)}`} as ${id(`c${i}`)}`,
  );
  const rows = group.map((row) => (width === 1 ? jsonOf(read(row)[0]) : listOf(read(row).map(jsonOf))));
  return sql`(
    select key as ord, ${sql.join(columns)}
    from json_each(${listOf(rows)})
  ) as ${id('u')}`;
}

function listOf(texts: readonly string[]): string {
  return `[${texts.join()}]`;
}

/** A column without a type keeps digits as text: an integer of 64 bits is written as one, which JSON.stringify refuses. */
function jsonOf(value: unknown): string {
  return typeof value === 'bigint' ? String(value) : JSON.stringify(value ?? null);
}
