import { type RawBuilder, sql } from 'kysely';
import type { Dialect } from './dialect.js';
import type { Group } from './groups.js';
import type { Field } from './layout.js';
import type { Row } from './row.js';
import { RULES } from './rules.js';
import { parameter } from './values.js';

type Sql = RawBuilder<unknown>;

/** An identifier or value never becomes text of a statement: `sql.id` quotes the one, a parameter carries the other. */
const id = (...parts: readonly string[]): Sql => sql.id(...parts);

/** Adds the values of a group to its rows, and inserts those that are missing. */
export function upsert(group: Group, dialect: Dialect): Sql {
  const { model, keys, fields } = group[0].layout;
  const columns = [...keys, ...fields.map(({ column }) => column)];
  const list = sql.join(columns.map((column) => id(column)));
  if (dialect === 'mysql') {
    const assignments = fields.map((field) => mysqlAssignment(field));
    const [key] = keys as [string, ...string[]];
    const change = assignments.length > 0 ? sql.join(assignments) : sql`${id(key)} = ${id(key)}`;
    return sql`
      insert into ${id(...model.table)} (${list})
      values ${tuples(group)}
      on duplicate key update ${change}
    `;
  }
  const picked = sql.join(columns.map((_, i) => id('u', `c${i}`)));
  const change = sql.join(fields.map((field) => assignment(field, id('excluded', field.column))));
  const action = fields.length > 0 ? sql`update set ${change}` : sql`nothing`;
  // "where true" keeps SQLite from reading "on conflict" as a join's condition.
  return sql`
    insert into ${id(...model.table)} as ${id('t')} (${list})
    select ${picked}
    from ${source(group, columns, valuesOf, dialect)}
    where true
    on conflict (${sql.join(keys.map((key) => id(key)))})
    do ${action}
  `;
}

/**
 * Locks the rows of a group in key order and returns which entry is for which row: `ord` is the entry's index in the
 * group, `found` identifies the row.
 */
export function find(group: Group, dialect: Dialect): RawBuilder<{ ord: number; found: string }> {
  const { model, keys } = group[0].layout;
  const order = sql.join(keys.map((key) => id('t', key)));
  const entries = source(group, keys, (row, i) => [...row.keyValues, i], dialect, true);
  const ord = id('u', `c${keys.length}`);
  if (dialect === 'sqlite') {
    const found = sql.join(
      keys.map((key) => sql`quote(${id('t', key)})`),
      sql` || ',' || `,
    );
    // In SQLite, a cross join fixes which table is the outer one.
    return sql`
      select
        ${ord} as ${id('ord')},
        ${found} as ${id('found')}
      from ${entries}
      cross join ${id(...model.table)} as ${id('t')}
      where ${matches(group)}
    `;
  }
  return sql`
    select
      ${ord} as ${id('ord')},
      row(${order})::text as ${id('found')}
    from ${entries}
    join ${id(...model.table)} as ${id('t')} on ${matches(group)}
    order by ${order}
    for update of ${id('t')}
  `;
}

/** Adds the values of a group to existing rows, of which each matches one entry at most. */
export function update(group: Group, dialect: Dialect): Sql {
  const { model, keys, fields } = group[0].layout;
  const columns = [...keys, ...fields.map(({ column }) => column)];
  const change = fields.map((field, i) => assignment(field, id('u', `c${keys.length + i}`)));
  return sql`
    update ${id(...model.table)} as ${id('t')}
    set ${sql.join(change)}
    from ${source(group, columns, valuesOf, dialect)}
    where ${matches(group)}
  `;
}

/** The same for one entry, in MySQL, where no list of values can be joined without losing collations and indexes. */
export function updateOne(row: Row): Sql {
  const { layout, values } = row;
  const { model, fields } = layout;
  const change = fields.map((field, i) => assignment(field, sql`${parameter(values[i] ?? null)}`));
  return sql`
    update ${id(...model.table)} as ${id('t')}
    set ${sql.join(change)}
    where ${isRow(row)}
  `;
}

/** Locks the rows of one entry, in MySQL. */
export function findOne(row: Row): Sql {
  return sql`
    select 1
    from ${id(...row.layout.model.table)} as ${id('t')}
    where ${isRow(row)}
    for update
  `;
}

function isRow({ layout, keyValues }: Row): Sql {
  const terms = layout.keys.map((key, i) => {
    const value = parameter(keyValues[i] ?? null);
    return value === null ? sql`${id('t', key)} is null` : sql`${id('t', key)} = ${value}`;
  });
  return sql.join(terms, sql` and `);
}

/** NULL equals nothing, and "is not distinct from" uses no index: which keys are NULL is part of a group. */
function matches([{ layout, keyValues }]: Group): Sql {
  const terms = layout.keys.map((key, i) =>
    keyValues[i] === null ? sql`${id('t', key)} is null` : sql`${id('t', key)} = ${id('u', `c${i}`)}`,
  );
  return sql.join(terms, sql` and `);
}

function assignment({ column, rule }: Field, value: Sql): Sql {
  return sql`${id(column)} = ${RULES[rule].next(id('t', column), value)}`;
}

function mysqlAssignment({ column, rule }: Field): Sql {
  const old = id(column);
  return sql`${old} = ${RULES[rule].next(old, sql`values(${old})`)}`;
}

const valuesOf = ({ keyValues, values }: Row): readonly unknown[] => [...keyValues, ...values];

/**
 * The rows of a group as a table `u` with columns `c0`, `c1`, …, from one parameter of JSON. PostgreSQL reads each
 * value by the type of the column that it is for; SQLite applies the column's affinity.
 */
function source(
  group: Group,
  columns: readonly string[],
  read: (row: Row, index: number) => readonly unknown[],
  dialect: Dialect,
  numbered = false,
): Sql {
  const rows = group.map(read);
  if (dialect === 'sqlite') {
    const width = columns.length + (numbered ? 1 : 0);
    const picked = Array.from(
      { length: width },
      (_, i) => sql`json_extract(value, ${sql.lit(`$[${i}]`)}) as ${id(`c${i}`)}`,
    );
    return sql`(
      select ${sql.join(picked)}
      from json_each(${JSON.stringify(rows)})
    ) as ${id('u')}`;
  }
  const { model } = group[0].layout;
  const picked = columns.map((column, i) => sql`${id('r', column)} as ${id(`c${i}`)}`);
  const text = JSON.stringify(rows.map((row) => recordOf(columns, row)));
  if (!numbered) {
    return sql`(
      select ${sql.join(picked)}
      from json_populate_recordset(null::${id(...model.table)}, ${text}::text::json) as ${id('r')}
    ) as ${id('u')}`;
  }
  const ord = sql`${id('e', 'ord')}::int - 1 as ${id(`c${columns.length}`)}`;
  return sql`(
    select ${sql.join([...picked, ord])}
    from
      json_array_elements(${text}::text::json) with ordinality as ${id('e')}(${id('value')}, ${id('ord')}),
      lateral json_populate_record(null::${id(...model.table)}, ${id('e', 'value')}) as ${id('r')}
  ) as ${id('u')}`;
}

function recordOf(columns: readonly string[], values: readonly unknown[]): Record<string, unknown> {
  const record: Record<string, unknown> = {};
  columns.forEach((column, i) => {
    record[column] = values[i];
  });
  return record;
}

function tuples(group: Group): Sql {
  return sql.join(
    group.map(
      (row) => sql`(${sql.join([...row.keyValues, ...row.values].map((value) => sql`${parameter(value)}`))})`,
    ),
  );
}
